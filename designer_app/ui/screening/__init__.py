"""The Screening workspace: where candidates come from, rules, funnel, table, plots, comparison."""
