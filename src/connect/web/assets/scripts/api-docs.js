// Draws the API's description. Swagger UI has no way to be told its options but a call.

const place = document.getElementById("api-docs");
window.SwaggerUIBundle({
  url: place.dataset.openapiUrl,
  domNode: place,
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  validatorUrl: null, // its badge would ask a host of theirs
  presets: [window.SwaggerUIBundle.presets.apis],
  // The page has said what this is; a second title would be a second h1.
  plugins: [() => ({ wrapComponents: { InfoContainer: () => () => null } })],
});
