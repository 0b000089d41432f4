// From the drawn picture to the screen: averages the SAMPLES x SAMPLES samples of a pixel, or where
// there is one only, softens steps along edges (FXAA, Lottes 2009); where OCCLUDED, darkens what
// stands close together.
uniform sampler2D u_picture;
uniform vec2 u_texel;          // 1 / size of the picture
varying vec2 v_at;

float luma(vec4 color) { return dot(color.rgb, vec3(0.299, 0.587, 0.114)); }

#if SAMPLES > 1
vec4 color_here() {
    vec4 sum = vec4(0.0);
    for (int x = 0; x < SAMPLES; ++x) {
        for (int y = 0; y < SAMPLES; ++y) {
            vec2 sample_at = vec2(x, y) + 0.5 - 0.5 * float(SAMPLES);
            sum += texture2D(u_picture, v_at + sample_at * u_texel);
        }
    }
    return sum / float(SAMPLES * SAMPLES);
}
#else
vec4 color_here() {
    vec4 here = texture2D(u_picture, v_at);
    float nw = luma(texture2D(u_picture, v_at + vec2(-1.0, 1.0) * u_texel));
    float ne = luma(texture2D(u_picture, v_at + vec2(1.0, 1.0) * u_texel));
    float sw = luma(texture2D(u_picture, v_at + vec2(-1.0, -1.0) * u_texel));
    float se = luma(texture2D(u_picture, v_at + vec2(1.0, -1.0) * u_texel));
    float middle = luma(here);
    float darkest = min(middle, min(min(nw, ne), min(sw, se)));
    float brightest = max(middle, max(max(nw, ne), max(sw, se)));
    if (brightest - darkest < max(0.03, 0.10 * brightest)) return here;
    vec2 edge = vec2(nw + ne - sw - se, nw + sw - ne - se);
    float damping = max((nw + ne + sw + se) * 0.03125, 0.0078125);
    edge = clamp(edge / (min(abs(edge.x), abs(edge.y)) + damping), -6.0, 6.0) * u_texel;
    vec4 close = 0.5 * (texture2D(u_picture, v_at - edge / 6.0)
                      + texture2D(u_picture, v_at + edge / 6.0));
    vec4 wide = 0.5 * close + 0.25 * (texture2D(u_picture, v_at - 0.5 * edge)
                                    + texture2D(u_picture, v_at + 0.5 * edge));
    float l = luma(wide);
    return (l < darkest || l > brightest) ? close : wide;
}

#endif

#ifdef OCCLUDED
uniform sampler2D u_occlusion;
uniform vec2 u_pixel;          // 1 / size of the screen
uniform float u_strength;      // of the occlusion

float unpacked(vec4 stored) { return (stored.g * 256.0 + stored.b) * 255.0 / 65535.0; }

// The random turns repeat within 4 x 4 pixels; only neighbours on the same surface count.
float openness() {
    vec4 here = texture2D(u_occlusion, v_at);
    float z = view_z(unpacked(here));
    float sum = here.r, weight = 1.0;
    for (float x = -1.5; x < 2.0; x += 1.0) {
        for (float y = -1.5; y < 2.0; y += 1.0) {
            vec4 there = texture2D(u_occlusion, v_at + vec2(x, y) * u_pixel);
            float same = max(1.0 - 2.0 * abs(view_z(unpacked(there)) - z), 0.0);
            sum += same * there.r;
            weight += same;
        }
    }
    return sum / weight;
}

#endif

void main() {
    gl_FragColor = color_here();
#ifdef OCCLUDED
    float depth = unpacked(texture2D(u_occlusion, v_at));
    float clear = 1.0 - u_fog.z * smoothstep(u_fog.x, u_fog.y, -view_z(depth));
    gl_FragColor.rgb *= mix(1.0, openness(), u_strength * clear);
#endif
}
