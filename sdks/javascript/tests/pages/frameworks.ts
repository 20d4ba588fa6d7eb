// One page with the same flag in React, Vue and Svelte, each drawn by the framework itself.

import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { mount } from "svelte";
import { createApp, h } from "vue";
import { Client } from "../../src/index.js";
import { FlagsProvider, useFlag as useInReact } from "../../src/react.js";
import { flagforge, useFlag as useInVue } from "../../src/vue.js";
import App from "./App.svelte";

const client = new Client(JSON.parse(document.body.dataset["options"]!));
const at = (id: string) => document.getElementById(id)!;

const Checkout = () => createElement("b", null, String(useInReact("new-checkout", false)));
createRoot(at("react")).render(createElement(FlagsProvider, { client }, createElement(Checkout)));

const app = createApp({
  setup() {
    const isNew = useInVue("new-checkout", false);
    return () => h("b", String(isNew.value));
  },
});
app.use(flagforge(client)).mount(at("vue"));

mount(App, { target: at("svelte"), props: { client } });
