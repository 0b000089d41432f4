"""What was begun did not come to its end: simulations, trainings, workers."""

import re

from designer_app.explanations.words import Explanation, Facts, Table


def _not_finite(f: Facts) -> Explanation:
    when = "" if f.get("step") is None else f" at step {f['step']}"
    return Explanation(
        f"{f['potential']} returned no number for the {f['quantity']}{when}.",
        "The structure is probably far outside what this potential knows.",
        ("Relax the structure first, use a shorter time step, or another potential.",),
    )


def _blow_up(f: Facts) -> Explanation:
    reasons = {
        "temperature": f"it reached {f['temperature_K']:.0f} K",
        "displacement": "an atom moved too far in one step",
    }
    reason = reasons.get(f["reason"], f["reason"])
    return Explanation(
        f"The simulation became unstable at step {f['step']}: {reason}.",
        f"The trajectory up to step {f['last_good_step']} is kept.",
        ("Relax the structure first, or use a shorter time step (0.5 fs with hydrogen).",),
    )


def _runaway_relaxation(f: Facts) -> Explanation:
    return Explanation(
        f"The structure fell apart at step {f['step']} of its relaxation: {f['reason']}.",
        "The start is probably far from any minimum that this potential knows.",
        ("Check distances and composition, keep the cell fixed first, or use FIRE.",),
    )


_ENDED_FROM_OUTSIDE = (-9, -15)
"""SIGKILL and SIGTERM."""


def _worker_died(f: Facts) -> Explanation:
    code, doing = f.get("exit_code"), f"while doing “{f['while_doing']}”"
    if code in _ENDED_FROM_OUTSIDE:
        what = f"The computing process was ended from outside {doing}."
        meaning = "Someone ended it, or the system, as where memory runs short. The window is safe."
    else:
        told = "" if code is None else f" (exit code {code})"
        what = f"The computing process ended without an answer {doing}{told}."
        meaning = "The window and your data are safe; a new process is already starting."
    advice = "Run it again, or go on where it stopped with Resume."
    if "checkpoint_age" in f:
        age = f["checkpoint_age"]
        advice = f"Its last checkpoint is {age} old: Resume goes on from there."
        advice = advice if age else "It had no checkpoint yet: start it again."
    return Explanation(what, meaning, (advice,))


def _out_of_memory(f: Facts) -> Explanation:
    atoms = f" for {f['n_atoms']} atoms" if f.get("n_atoms") else ""
    return Explanation(
        f"The memory of {f['device']} is not enough{atoms}.",
        "Nothing was lost; only this run stopped.",
        ("Use a smaller cell, or close other programs.",),
    )


def _write_failed(f: Facts) -> Explanation:
    named = f"“{f['path']}”" if f["path"] else "A file"
    reason = f["reason"]
    if re.fullmatch(r"\d+ requested and \d+ written", reason):  # numpy's words for a short write
        reason = "no space left on device"
    is_full = re.search(r"space|quota|too large", reason, re.IGNORECASE)
    advice = (
        "Free some space, or choose another folder."
        if is_full
        else "Choose a folder that exists and that you may write to."
    )
    return Explanation(
        f"{named} could not be written: {reason}.",
        "What was there before is unchanged.",
        (advice,),
    )


def _not_converged(f: Facts) -> Explanation:
    return Explanation(
        f"Not relaxed after {f['n_steps']} steps: the largest force is {f['fmax_eV_A']:.3f} eV/Å.",
        "The last geometry is kept.",
        ("Continue with more steps, or start with FIRE.",),
    )


def _shells_lost(facts: Facts) -> Explanation:
    amount, atom = facts["amount"], facts["atom"]
    what = {
        "left": f"The shell of ion {(atom or 0) + 1} was pulled {amount:.2f} A from its core: "
        "the model has collapsed.",
        "fallen": f"Ion {(atom or 0) + 1} fell into its neighbour, {amount:.2f} A away: "
        "so near, the model attracts without end.",
        "unsettled": f"The shells of the ions did not come to rest; {amount:.1g} eV/A were left.",
    }[facts["reason"]]
    return Explanation(
        what,
        "The ions are nearer to each other than the model was made for.",
        ("Relax the structure first.", "In dynamics, lower the temperature or the time step."),
    )


def _electrons_not_converged(f: Facts) -> Explanation:
    return Explanation(
        f"The electrons of {f['n_atoms']} atoms did not settle in {f['n_iterations']} iterations "
        f"of {f['potential']}.",
        "Broken bonds, metals and a charge that does not fit make this hard.",
        (
            "Check charge and multiplicity, and that no atoms are too close.",
            f"Warmer electrons settle more easily: model {f['potential']}(temperature=1000).",
        ),
    )


def _lost_band(f: Facts) -> Explanation:
    return Explanation(
        f"No pass was found for {f['hop']}: the atoms around it took other places, and the band "
        f"grew to {f['times_longer']:.1f} times its length.",
        "With this potential the hop is no jump through a crystal at rest.",
        ("Run molecular dynamics instead, or try another potential.",),
    )


def _fit_failed(f: Facts) -> Explanation:
    return Explanation(
        f"{f['program']} ended without a potential.",
        f"Its last words: {f['said']}. Nothing was written; the data is as it was.",
        ("Fit with this program instead: engine=own.", "Take fewer sparse points."),
    )


def _training_diverged(f: Facts) -> Explanation:
    best = f["best_epoch"]
    return Explanation(
        f"The training ran away in epoch {f['epoch']}: its loss is no longer a finite number.",
        f"The best weights, of epoch {best}, are kept."
        if best
        else "No epoch was judged before, so there are no weights to keep.",
        (
            f"Start again with a learning rate below {f['learning_rate']:.1e}.",
            "Look at the frames with the largest forces first.",
        ),
    )


TABLE: Table = {
    "NotFiniteError": _not_finite,
    "BlowUpError": _blow_up,
    "RunawayRelaxationError": _runaway_relaxation,
    "WorkerDiedError": _worker_died,
    "OutOfMemoryError": _out_of_memory,
    "WriteFailedError": _write_failed,
    "NotConvergedError": _not_converged,
    "LostBandError": _lost_band,
    "ElectronsNotConvergedError": _electrons_not_converged,
    "ShellsLostError": _shells_lost,
    "TrainingDivergedError": _training_diverged,
    "FitFailedError": _fit_failed,
}
