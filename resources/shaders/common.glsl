// Camera, light and fog shared by all programs. GLSL 1.20, so that every desktop OpenGL >= 2.1 takes it.
// View space: the eye at the origin looks along -z.
uniform mat4 u_view;
uniform mat4 u_projection;
uniform float u_orthographic;  // 1.0 or 0.0
uniform vec2 u_half_extent;    // half width and height: A (orthographic), tangents (perspective)
uniform vec2 u_viewport;       // pixels
