// From the drawn picture to the screen: averages the samples of a pixel; where there is one sample
// only, softens steps along edges of brightness (after FXAA, Lottes 2009).
uniform sampler2D u_picture;
uniform vec2 u_texel;          // 1 / size of the picture
uniform float u_softened;      // 1.0 where there is one sample a pixel
varying vec2 v_at;

float luma(vec4 color) { return dot(color.rgb, vec3(0.299, 0.587, 0.114)); }

void main() {
    vec4 here = texture2D(u_picture, v_at);
    if (u_softened < 0.5) { gl_FragColor = here; return; }
    float nw = luma(texture2D(u_picture, v_at + vec2(-1.0, 1.0) * u_texel));
    float ne = luma(texture2D(u_picture, v_at + vec2(1.0, 1.0) * u_texel));
    float sw = luma(texture2D(u_picture, v_at + vec2(-1.0, -1.0) * u_texel));
    float se = luma(texture2D(u_picture, v_at + vec2(1.0, -1.0) * u_texel));
    float middle = luma(here);
    float darkest = min(middle, min(min(nw, ne), min(sw, se)));
    float brightest = max(middle, max(max(nw, ne), max(sw, se)));
    if (brightest - darkest < max(0.03, 0.10 * brightest)) { gl_FragColor = here; return; }
    vec2 edge = vec2(nw + ne - sw - se, nw + sw - ne - se);
    float damping = max((nw + ne + sw + se) * 0.03125, 0.0078125);
    edge = clamp(edge / (min(abs(edge.x), abs(edge.y)) + damping), -6.0, 6.0) * u_texel;
    vec4 close = 0.5 * (texture2D(u_picture, v_at - edge / 6.0)
                      + texture2D(u_picture, v_at + edge / 6.0));
    vec4 wide = 0.5 * close + 0.25 * (texture2D(u_picture, v_at - 0.5 * edge)
                                    + texture2D(u_picture, v_at + 0.5 * edge));
    float l = luma(wide);
    gl_FragColor = (l < darkest || l > brightest) ? close : wide;
}
