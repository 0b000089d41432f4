// The ray through this pixel against the sphere: true surface, normal and depth.
uniform sampler2D u_sectors;   // one row a kind of shared site: its colours around the circle
uniform float u_n_sectors;
varying vec3 v_center;
varying float v_radius;
varying vec3 v_color;
varying float v_sectors;

const float TURN = 6.28318530718;

void main() {
    vec3 origin, direction;
    view_ray(origin, direction);
    vec3 to_center = v_center - origin;
    float along = dot(to_center, direction);
    vec3 offset = along * direction - to_center;
    float remaining = v_radius * v_radius - dot(offset, offset);
    if (remaining < 0.0) discard;
    vec3 surface = origin + (along - sqrt(remaining)) * direction;
    gl_FragDepth = window_depth(surface.z);
    vec3 color = v_color;
    if (v_sectors >= 0.0) {
        float clockwise = fract(atan(offset.x, offset.y) / TURN);
        color = texture2D(u_sectors, vec2(clockwise, (v_sectors + 0.5) / u_n_sectors)).rgb;
    }
    gl_FragColor = vec4(lit(color, (surface - v_center) / v_radius, -direction, surface.z), 1.0);
}
