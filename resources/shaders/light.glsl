uniform vec3 u_fog_color;
uniform vec3 u_fog;            // where it starts and ends, A from the eye, and how dense it becomes
uniform float u_darkness;      // 0.0 on a light background, 1.0 on a dark one

const vec3 KEY = vec3(-0.408, 0.551, 0.728);
const vec3 SKY = vec3(1.02, 1.03, 1.06);
const vec3 GROUND = vec3(0.58, 0.56, 0.54);

void view_ray(out vec3 origin, out vec3 direction) {
    vec2 seen = (gl_FragCoord.xy / u_viewport * 2.0 - 1.0) * u_half_extent;
    origin = u_orthographic * vec3(seen, 0.0);
    direction = normalize(vec3((1.0 - u_orthographic) * seen, -1.0));
}

float window_depth(float z) {
    float clip_z = u_projection[2][2] * z + u_projection[3][2];
    float clip_w = u_projection[2][3] * z + u_projection[3][3];
    return 0.5 * clip_z / clip_w + 0.5;
}

vec3 fogged(vec3 color, float z) {
    return mix(color, u_fog_color, u_fog.z * smoothstep(u_fog.x, u_fog.y, -z));
}

// Key light with a soft terminator, hemisphere fill, one highlight, and a rim that parts an atom
// from what lies behind it: darker on a light background, lighter on a dark one.
vec3 lit(vec3 color, vec3 normal, vec3 to_eye, float z) {
    vec3 albedo = color * color;  // display colours to light: gamma 2 is near enough, and cheap
    float facing = max(dot(normal, to_eye), 0.0);
    float key = clamp((dot(normal, KEY) + 0.20) / 1.20, 0.0, 1.0);
    vec3 fill = mix(GROUND, SKY, 0.5 + 0.5 * normal.y);
    vec3 light = albedo * (0.40 * fill + 0.74 * key);
    vec3 halfway = normalize(KEY + to_eye);
    float highlight = pow(max(dot(normal, halfway), 0.0), 56.0);
    light += vec3(0.26 * highlight);
    float rim = (1.0 - facing) * (1.0 - facing) * (1.0 - facing);
    light = mix(light * (1.0 - 0.55 * rim), light + rim * (0.10 + 0.22 * albedo), u_darkness);
    return fogged(sqrt(clamp(light, 0.0, 1.0)), z);
}
