float view_z(float depth) {
    float clip = 2.0 * depth - 1.0;
    return (u_projection[3][2] - u_projection[3][3] * clip)
         / (u_projection[2][3] * clip - u_projection[2][2]);
}
