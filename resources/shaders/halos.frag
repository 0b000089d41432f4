varying vec3 v_center;
varying float v_radius;
varying float v_ring;
varying vec4 v_color;

void main() {
    vec3 origin, direction;
    view_ray(origin, direction);
    vec3 to_center = v_center - origin;
    float along = dot(to_center, direction);
    float miss = length(along * direction - to_center);
    float outside = (miss - v_radius) / v_ring;
    float glow = 0.45 * (1.0 - smoothstep(0.6, 2.2, outside));
    float ring = 1.0 - smoothstep(0.75, 1.05, outside);
    float cover = v_color.a * max(ring, glow);
    if (cover < 0.004) discard;
    gl_FragDepth = window_depth(v_center.z);
    gl_FragColor = vec4(v_color.rgb, cover);
}
