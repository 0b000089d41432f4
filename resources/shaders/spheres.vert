// A sphere as a square that just holds its outline (or as a point sprite, with POINTS defined).
#ifndef POINTS
attribute vec2 a_corner;
#endif
attribute vec3 a_position;
attribute float a_radius;
attribute vec3 a_color;
attribute float a_sectors;     // row of u_sectors, or -1.0 for one colour
uniform float u_scale;         // of all radii
#ifdef POINTS
uniform float u_wrapped;       // 1.0: atoms are drawn inside the cell
uniform mat3 u_cell;           // columns are lattice vectors
uniform mat3 u_inverse_cell;
uniform vec3 u_periodic;
#endif
varying vec3 v_center;
varying float v_radius;
varying vec3 v_color;
varying float v_sectors;

void main() {
    vec3 position = a_position;
#ifdef POINTS
    position -= u_wrapped * (u_cell * (u_periodic * floor(u_inverse_cell * position + 1e-4)));
#endif
    vec3 center = (u_view * vec4(position, 1.0)).xyz;
    float radius = a_radius * u_scale;
    v_center = center;
    v_radius = radius;
    v_color = a_color;
    v_sectors = a_sectors;

    // The outline of a sphere in perspective is wider than the sphere by D / sqrt(D^2 - r^2).
    float distance = length(center);
    float widening = distance / sqrt(max(distance * distance - radius * radius, 1e-6));
    float half_size = radius * mix(widening, 1.0, u_orthographic);
#ifdef POINTS
    gl_Position = u_projection * vec4(center, 1.0);
    float stretch = mix(distance / max(-center.z, 1e-3), 1.0, u_orthographic);
    float scale = u_viewport.y / (u_half_extent.y * mix(max(-center.z, 1e-3), 1.0, u_orthographic));
    gl_PointSize = half_size * stretch * scale + 1.0;
#else
    vec3 toward = mix(-center / distance, vec3(0.0, 0.0, 1.0), u_orthographic);
    vec3 right = normalize(cross(vec3(0.0, 1.0, 0.0), toward));
    vec3 up = cross(toward, right);
    vec3 corner = center + half_size * (a_corner.x * right + a_corner.y * up);
    gl_Position = u_projection * vec4(corner, 1.0);
#endif
}
