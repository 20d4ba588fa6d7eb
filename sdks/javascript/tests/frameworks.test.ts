// The bindings, each with the real framework. (Vue, Svelte and React draw in a browser in tests/journeys.)

import "@angular/compiler";
import assert from "node:assert/strict";
import { DestroyRef, EnvironmentInjector, Injector, createEnvironmentInjector, runInInjectionContext } from "@angular/core";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { get } from "svelte/store";
import { test } from "node:test";
import { createSSRApp, effectScope } from "vue";
import * as angular from "../src/angular.js";
import { Client } from "../src/index.js";
import * as react from "../src/react.js";
import * as svelte from "../src/svelte.js";
import * as vue from "../src/vue.js";
import { entry, values } from "./upstream.js";

const NOTHING_TO_SERVE = { variant: "", reason: "DISABLED", version: 1, metadata: {} };

function client(): Client {
  const bootstrap = values(1, { banner: entry("hello"), none: NOTHING_TO_SERVE }) as never;
  return new Client({ baseUrl: "http://127.0.0.1:9", sdkKey: "ff_client_test", mode: "offline", storage: null, bootstrap });
}

test("React draws a flag's value, on a server too", () => {
  const Banner = () => createElement("p", null, react.useFlag("banner", ""), " ", react.useFlag("none", "default"), " ", JSON.stringify(react.useFlags()));
  const page = () => renderToString(createElement(react.FlagsProvider, { client: client() }, createElement(Banner)));
  assert.equal(page().replace(/<!-- -->|&quot;/g, ""), "<p>hello default {banner:hello}</p>");
  assert.throws(() => renderToString(createElement(Banner)), /FlagsProvider/);
});

test("a ref of Vue follows a flag until its scope ends", () => {
  const flags = client();
  const app = createSSRApp({});
  app.use(vue.flagforge(flags));
  const scope = effectScope();
  const [banner, all] = app.runWithContext(() => scope.run(() => [vue.useFlag("banner", ""), vue.useFlags()] as const)!);
  assert.equal(banner.value, "hello");
  flags.override("banner", "changed");
  assert.deepEqual([banner.value, all.value], ["changed", { banner: "changed" }]);
  scope.stop();
  flags.override("banner", "unheard");
  assert.equal(banner.value, "changed");
  assert.throws(() => createSSRApp({}).runWithContext(() => vue.useFlag("banner", "")), /app\.use/);
});

test("a store of Svelte follows a flag while somebody listens", () => {
  const flags = client();
  const store = svelte.flagStore(flags, "banner", "");
  const heard: string[] = [];
  const stop = store.subscribe((value) => heard.push(value));
  flags.override("banner", "changed");
  flags.override("other", "not this one");
  stop();
  flags.override("banner", "unheard");
  assert.deepEqual(heard.filter((value, at) => value !== heard[at - 1]), ["hello", "changed"]);
  assert.equal(get(store), "unheard");
});

test("a signal of Angular follows a flag until its owner is gone", () => {
  const flags = client();
  const parent = Injector.create({ providers: [] }) as EnvironmentInjector;
  const injector = createEnvironmentInjector([angular.provideFlags(flags)], parent);
  assert.ok(injector.get(DestroyRef));
  const [banner, all] = runInInjectionContext(injector, () => [angular.useFlag("banner", ""), angular.useFlags()] as const);
  assert.equal(banner(), "hello");
  flags.override("banner", "changed");
  assert.deepEqual([banner(), all()], ["changed", { banner: "changed" }]);
  injector.destroy();
  flags.override("banner", "unheard");
  assert.equal(banner(), "changed");
});
