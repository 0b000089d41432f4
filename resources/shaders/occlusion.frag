// How much of the sky a surface misses because of what stands near it: obscurance from the depth of
// the picture (McGuire et al. 2011, doi:10.1145/2018323.2018327), one random turn of a spiral a pixel.
uniform sampler2D u_depth;
uniform vec2 u_texel;          // 1 / size of the depth picture
uniform float u_reach;         // A
varying vec2 v_at;

const int SAMPLES = 14;
const float TURNS = 5.0;

float depth_at(vec2 at) { return texture2D(u_depth, at).r; }

vec3 view_point(vec2 near) {
    vec2 at = (floor(near / u_texel) + 0.5) * u_texel;  // where the depth was drawn
    float z = view_z(depth_at(at));
    vec2 seen = (2.0 * at - 1.0) * u_half_extent;
    return vec3(seen * mix(-z, 1.0, u_orthographic), z);
}

vec3 nearer(vec3 first, vec3 second) { return abs(first.z) < abs(second.z) ? first : second; }

// Depth in two bytes beside the result: the averaging that follows must not cross edges.
vec4 stored(float open, float depth) {
    float steps = floor(depth * 65535.0);
    float high = floor(steps / 256.0);
    return vec4(open, high / 255.0, (steps - 256.0 * high) / 255.0, 1.0);
}

void main() {
    vec2 middle = v_at + 0.25 * u_texel;  // with an even number of samples v_at is between them
    float depth = depth_at(middle);
    if (depth >= 1.0) { gl_FragColor = stored(1.0, 1.0); return; }
    vec3 here = view_point(middle);
    vec2 x = vec2(u_texel.x, 0.0), y = vec2(0.0, u_texel.y);
    vec3 across = nearer(view_point(middle + x) - here, here - view_point(middle - x));
    vec3 upward = nearer(view_point(middle + y) - here, here - view_point(middle - y));
    vec3 normal = normalize(cross(across, upward));

    vec2 reach = 0.5 * u_reach / (u_half_extent * mix(-here.z, 1.0, u_orthographic));
    reach = min(reach, vec2(0.12));
    float turn = 6.2831853 * fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715))));
    float hidden = 0.0;
    for (int k = 0; k < SAMPLES; ++k) {
        float out_to = (float(k) + 0.5) / float(SAMPLES);
        float angle = turn + 6.2831853 * TURNS * out_to;
        vec2 at = v_at + out_to * reach * vec2(cos(angle), sin(angle));
        vec3 away = view_point(at) - here;
        float squared = dot(away, away);
        float fading = max(1.0 - squared / (u_reach * u_reach), 0.0);
        hidden += fading * max(dot(away, normal) - 0.02 * u_reach, 0.0) / (squared + 0.01);
    }
    hidden *= u_reach / float(SAMPLES);
    gl_FragColor = stored(max(1.0 - hidden, 0.0), depth);
}
