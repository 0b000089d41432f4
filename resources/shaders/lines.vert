// A line of constant width in pixels, as a ribbon.
attribute vec2 a_corner;       // x: 0 at the start, 1 at the end; y: side, -1 or 1
attribute vec3 a_start;
attribute vec3 a_end;
uniform float u_width;         // pixels
uniform float u_near;          // A
varying float v_side;          // pixels from the middle
varying float v_z;

vec3 before_eye(vec3 point, vec3 other) {
    float limit = -1.01 * u_near;
    if (u_orthographic > 0.5 || point.z < limit || other.z > limit) return point;
    return mix(other, point, (limit - other.z) / (point.z - other.z));
}

void main() {
    vec3 start = (u_view * vec4(a_start, 1.0)).xyz;
    vec3 end = (u_view * vec4(a_end, 1.0)).xyz;
    vec3 start_seen = before_eye(start, end);
    vec3 end_seen = before_eye(end, start);
    vec4 start_clip = u_projection * vec4(start_seen, 1.0);
    vec4 end_clip = u_projection * vec4(end_seen, 1.0);
    vec2 direction = (end_clip.xy / end_clip.w - start_clip.xy / start_clip.w) * u_viewport;
    direction /= max(length(direction), 1e-6);
    vec4 clip = mix(start_clip, end_clip, a_corner.x);
    v_side = a_corner.y * (0.5 * u_width + 1.0);
    v_z = mix(start_seen.z, end_seen.z, a_corner.x);
    clip.xy += 2.0 * v_side * vec2(-direction.y, direction.x) / u_viewport * clip.w;
    gl_Position = clip;
}
