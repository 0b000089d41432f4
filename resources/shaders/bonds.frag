// The ray through this pixel against the cylinder with flat ends.
uniform float u_radius;
varying vec3 v_start;
varying vec3 v_axis;
varying vec3 v_color;

void main() {
    vec3 origin, direction;
    view_ray(origin, direction);
    float height = length(v_axis);
    vec3 along = v_axis / height;
    vec3 from_start = origin - v_start;
    float slope = dot(direction, along);
    float rise = dot(from_start, along);
    vec3 across = direction - slope * along;
    vec3 start_across = from_start - rise * along;

    float a = dot(across, across);
    float b = dot(across, start_across);
    // |start_across|^2 - b^2/a is the squared distance of ray and axis: no cancellation of b^2 - ac.
    float nearest = a > 1e-8 ? -b / a : 0.0;
    vec3 closest = start_across + nearest * across;
    float remaining = u_radius * u_radius - dot(closest, closest);
    if (remaining < 0.0) discard;
    float t = a > 1e-8 ? nearest - sqrt(remaining / a) : -1e9;
    float z = rise + t * slope;
    vec3 normal;
    if (z >= 0.0 && z <= height) {
        normal = (closest - sqrt(remaining / max(a, 1e-8)) * across) / u_radius;
    } else {
        float cap = slope > 0.0 ? 0.0 : height;
        t = (cap - rise) / slope;
        vec3 on_cap = start_across + t * across;
        if (dot(on_cap, on_cap) > u_radius * u_radius) discard;
        normal = slope > 0.0 ? -along : along;
    }
    vec3 surface = origin + t * direction;
    gl_FragDepth = window_depth(surface.z);
    gl_FragColor = vec4(lit(v_color, normal, -direction, surface.z), 1.0);
}
