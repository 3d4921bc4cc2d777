// Shows openapi.json in Swagger UI; where Swagger UI is missing, leaves the plain page and says why.
"use strict";

// Every path answers OPTIONS, and every GET answers HEAD: listed, they would hide the calls that matter.
const withoutEchoes = () => ({
  wrapComponents: {
    OperationContainer: (Original) =>
      class extends Original {
        render() {
          return ["head", "options"].includes(this.props.method) ? null : super.render();
        }
      },
  },
});

if (typeof SwaggerUIBundle === "undefined") {
  document.getElementById("status").textContent =
    "It can be tried out on this page once Swagger UI is here: install npm, then run deploy/docs.sh.";
} else {
  SwaggerUIBundle({
    url: new URL("openapi.json", document.baseURI).href, // absolute: its relative server is resolved against it
    dom_id: "#docs",
    presets: [SwaggerUIBundle.presets.apis],
    plugins: [withoutEchoes],
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    validatorUrl: null, // asks no third party
  });
}
