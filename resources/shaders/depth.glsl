uniform sampler2D u_depth;

float depth_at(vec2 at) { return texture2D(u_depth, at).r; }

float view_z(float depth) {
    float clip = 2.0 * depth - 1.0;
    return (u_projection[3][2] - u_projection[3][3] * clip)
         / (u_projection[2][3] * clip - u_projection[2][2]);
}

vec3 view_point(vec2 at) {
    float z = view_z(depth_at(at));
    vec2 seen = (2.0 * at - 1.0) * u_half_extent;
    return vec3(seen * mix(-z, 1.0, u_orthographic), z);
}
