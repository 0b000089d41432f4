// Half a bond: a box around the cylinder from an atom towards its neighbour.
attribute vec3 a_corner;       // x, y in -1..1 across, z in 0..1 along
attribute vec3 a_start;
attribute vec3 a_axis;         // A, from the atom to where the colours meet
attribute vec3 a_color;
uniform float u_radius;        // A
varying vec3 v_start;
varying vec3 v_axis;
varying vec3 v_color;

void main() {
    vec3 start = (u_view * vec4(a_start, 1.0)).xyz;
    vec3 axis = (u_view * vec4(a_axis, 0.0)).xyz;
    v_start = start;
    v_axis = axis;
    v_color = a_color;
    vec3 along = normalize(axis);
    vec3 other = abs(along.y) < 0.9 ? vec3(0.0, 1.0, 0.0) : vec3(1.0, 0.0, 0.0);
    vec3 side = normalize(cross(along, other));
    vec3 across = a_corner.x * side + a_corner.y * cross(along, side);
    vec3 corner = start + a_corner.z * axis + u_radius * across;
    gl_Position = u_projection * vec4(corner, 1.0);
}
