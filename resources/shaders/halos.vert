// A ring around an atom, at the depth of its centre, so that nearer atoms hide it.
attribute vec2 a_corner;
attribute vec3 a_position;
attribute float a_radius;
attribute vec4 a_color;
uniform float u_scale;
varying vec3 v_center;
varying float v_radius;
varying float v_ring;
varying vec4 v_color;

void main() {
    vec3 center = (u_view * vec4(a_position, 1.0)).xyz;
    float radius = a_radius * u_scale;
    float pixel = 2.0 * u_half_extent.y * mix(-center.z, 1.0, u_orthographic) / u_viewport.y;
    float ring = max(0.13 * radius, 3.0 * pixel);
    v_center = center;
    v_radius = radius;
    v_ring = ring;
    v_color = a_color;
    float distance = length(center);
    float widening = mix(distance / sqrt(max(distance * distance - radius * radius, 1e-6)), 1.0,
                         u_orthographic);
    vec3 toward = mix(-center / distance, vec3(0.0, 0.0, 1.0), u_orthographic);
    vec3 right = normalize(cross(vec3(0.0, 1.0, 0.0), toward));
    vec3 up = cross(toward, right);
    vec3 corner = center + (radius + 2.2 * ring) * widening * (a_corner.x * right + a_corner.y * up);
    gl_Position = u_projection * vec4(corner, 1.0);
}
