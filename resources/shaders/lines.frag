uniform vec3 u_color;
uniform float u_width;
varying float v_side;
varying float v_z;

void main() {
    float cover = clamp(0.5 * u_width + 0.5 - abs(v_side), 0.0, 1.0);
    if (cover <= 0.0) discard;
    gl_FragColor = vec4(fogged(u_color, v_z), cover);
}
