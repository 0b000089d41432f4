// Half a bond: a flat quadrilateral that faces the eye and just covers the cylinder from an atom
// towards its neighbour.
attribute vec2 a_corner;       // x: side, -1 or 1; y: 0 at the atom, 1 where the colours meet
attribute vec3 a_start;
attribute vec3 a_axis;         // A
attribute vec3 a_color;
uniform float u_radius;        // A
varying vec3 v_start;
varying vec3 v_axis;
varying vec3 v_color;

const float ROOM = 1.1;        // near ends look larger than the middle, for which it is made

void main() {
    vec3 start = (u_view * vec4(a_start, 1.0)).xyz;
    vec3 axis = (u_view * vec4(a_axis, 0.0)).xyz;
    v_start = start;
    v_axis = axis;
    v_color = a_color;
    vec3 toward = mix(-normalize(start + 0.5 * axis), vec3(0.0, 0.0, 1.0), u_orthographic);
    vec3 side = cross(axis, toward);
    if (dot(side, side) < 1e-10) side = cross(vec3(0.0, 1.0, 0.0), toward);
    side = normalize(side);
    // Seen along its axis the cylinder is a disc: each end reaches one radius beyond.
    vec3 beyond = cross(toward, side);
    vec3 corner = start + a_corner.y * axis
        + ROOM * u_radius * (a_corner.x * side + (2.0 * a_corner.y - 1.0) * beyond);
    gl_Position = u_projection * vec4(corner, 1.0);
}
