"""What is pasted: a program that asks for one flag, in each language, with the address, the key and the flag filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from string import Template

from django.utils.safestring import SafeString

from tenants.highlighting import highlighted


@dataclass(frozen=True, slots=True)
class Snippet:
    """`install` is what a shell runs first; `guide` is the page of docs/ that has more, with `note` in words."""

    id: str
    title: str
    language: str
    code: str
    install: str = ""
    file: str = ""
    guide: str = ""

    @property
    def colored(self) -> SafeString:
        return highlighted(self.code, self.language)


CURL_ALL = Snippet(
    "curl",
    "curl",
    "bash",
    """curl "$server/api/v1/sdk/flags?targetingKey=user-1" \\
  -H "X-API-Key: $client_key\"""",
    guide="sdk-api",
)
CURL = Snippet(
    "curl",
    "curl",
    "bash",
    """curl "$server/api/v1/sdk/flags/$flag?targetingKey=user-1" \\
  -H "X-API-Key: $client_key\"""",
    guide="sdk-api",
)
PYTHON = Snippet(
    "python",
    "Python",
    "python",
    """from flagforge_sdk import Client

user = {"targetingKey": "user-1"}
client = Client("$server_key", "$server")
if not client.wait_until_ready(5):
    print("No answer yet:", client.trouble)

print("$flag:", client.is_enabled("$flag", False, user))
client.close()  # a server keeps it open, and tells every half minute""",
    "pip install ./sdks/python",
    "hello.py",
    "python-sdk",
)
# Until a server key is made: the server decides, and this process is told.
PYTHON_REMOTE = Snippet(
    "python",
    "Python",
    "python",
    """from flagforge_sdk import Client

user = {"targetingKey": "user-1"}
client = Client("$client_key", "$server", mode="remote", context=user)
if not client.wait_until_ready(5):
    print("No answer yet:", client.trouble)

print("$flag:", client.is_enabled("$flag", False, user))
client.close()  # a program keeps it open, and tells every half minute""",
    "pip install ./sdks/python",
    "hello.py",
    "python-sdk",
)
JAVASCRIPT = Snippet(
    "javascript",
    "JavaScript",
    "javascript",
    """import { Client } from "@flagforge/sdk";

const flags = new Client({
  baseUrl: "$server",
  sdkKey: "$client_key",
  context: { targetingKey: "user-1" },
});
await flags.ready();
console.log("$flag:", flags.isEnabled("$flag"));
await flags.close();""",
    "npm install ./sdks/javascript/flagforge-sdk-0.1.0.tgz",
    "hello.mjs",
    "javascript-sdk",
)
OPENFEATURE = (
    Snippet(
        "of-python",
        "Python",
        "python",
        """from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

headers = {"X-API-Key": "$any_key"}
api.set_provider(OFREPProvider("$server", headers_factory=lambda: headers))
client = api.get_client()

print("$flag:", client.get_boolean_value("$flag", False, EvaluationContext("user-1")))""",
        "pip install openfeature-sdk openfeature-provider-ofrep",
        "hello.py",
        "ofrep",
    ),
    Snippet(
        "of-node",
        "Node",
        "javascript",
        """import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OpenFeature } from "@openfeature/server-sdk";

const headers = [["X-API-Key", "$any_key"]];
const provider = new OFREPProvider({ baseUrl: "$server", headers });
await OpenFeature.setProviderAndWait(provider);
const client = OpenFeature.getClient();

const isOn = await client.getBooleanValue("$flag", false, { targetingKey: "user-1" });
console.log("$flag:", isOn);""",
        "npm install @openfeature/server-sdk @openfeature/ofrep-provider",
        "hello.mjs",
        "ofrep",
    ),
    Snippet(
        "of-go",
        "Go",
        "go",
        """package main

import (
	"context"
	"fmt"

	"github.com/open-feature/go-sdk-contrib/providers/ofrep"
	"github.com/open-feature/go-sdk/openfeature"
)

func main() {
	provider := ofrep.NewProvider("$server", ofrep.WithApiKeyAuth("$any_key"))
	if err := openfeature.SetProviderAndWait(provider); err != nil {
		panic(err)
	}
	client := openfeature.NewClient("hello")
	user := openfeature.NewEvaluationContext("user-1", nil)

	isOn, _ := client.BooleanValue(context.Background(), "$flag", false, user)
	fmt.Println("$flag:", isOn)
}""",
        "go get github.com/open-feature/go-sdk github.com/open-feature/go-sdk-contrib/providers/ofrep",
        "main.go",
        "ofrep",
    ),
    Snippet(
        "of-java",
        "Java",
        "java",
        """import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.openfeature.contrib.providers.ofrep.OfrepProvider;
import dev.openfeature.contrib.providers.ofrep.OfrepProviderOptions;
import dev.openfeature.sdk.ImmutableContext;
import dev.openfeature.sdk.OpenFeatureAPI;

public class Hello {
    public static void main(String[] args) {
        var options = OfrepProviderOptions.builder()
            .baseUrl("$server")
            .headers(ImmutableMap.of("X-API-Key", ImmutableList.of("$any_key")))
            .build();
        var api = OpenFeatureAPI.getInstance();
        api.setProviderAndWait(OfrepProvider.constructProvider(options));

        var user = new ImmutableContext("user-1");
        var isOn = api.getClient().getBooleanValue("$flag", false, user);
        System.out.println("$flag: " + isOn);
        api.shutdown();
    }
}""",
        "implementation 'dev.openfeature:sdk:1.14.0'\nimplementation 'dev.openfeature.contrib.providers:ofrep:0.0.1'",
        "Hello.java",
        "ofrep",
    ),
    Snippet(
        "of-dotnet",
        ".NET",
        "csharp",
        """using OpenFeature;
using OpenFeature.Model;
using OpenFeature.Providers.Ofrep;
using OpenFeature.Providers.Ofrep.Configuration;

var options = new OfrepOptions("$server")
{
    Headers = new Dictionary<string, string> { ["X-API-Key"] = "$any_key" },
};
await Api.Instance.SetProviderAsync(new OfrepProvider(options));
var client = Api.Instance.GetClient();

var user = EvaluationContext.Builder().SetTargetingKey("user-1").Build();
var isOn = await client.GetBooleanValueAsync("$flag", false, user);
Console.WriteLine($$"$flag: {isOn}");""",
        "dotnet add package OpenFeature.Providers.Ofrep",
        "Program.cs",
        "ofrep",
    ),
    Snippet(
        "of-ruby",
        "Ruby",
        "ruby",
        """require "open_feature/sdk"
require "openfeature/ofrep/provider"

configuration = OpenFeature::OFREP::Configuration.new(
  base_url: "$server",
  headers: { "X-API-Key" => "$any_key" }
)
OpenFeature::SDK.configure do |config|
  config.set_provider(OpenFeature::OFREP::Provider.new(configuration: configuration))
end
client = OpenFeature::SDK.build_client

user = OpenFeature::SDK::EvaluationContext.new(targeting_key: "user-1")
is_on = client.fetch_boolean_value(flag_key: "$flag", default_value: false, evaluation_context: user)
puts "$flag: #{is_on}"
""".rstrip(),
        "gem install openfeature-sdk openfeature-ofrep-provider",
        "hello.rb",
        "ofrep",
    ),
)
NO_SERVER_KEY = "ff_server_…"


@dataclass(frozen=True, slots=True)
class Filled:
    """The tabs of the page, and those of OpenFeature."""

    tabs: tuple[Snippet, ...]
    openfeature: tuple[Snippet, ...]


def filled(*, server: str, flag: str, client_key: str, server_key: str) -> Filled:
    """With what there is: `flag` may be "" where there is none yet, and each key where it is not known here.

    What decides by itself takes a server key; until one was made, the program asks the server with the client key.
    """
    values = {
        "server": server.rstrip("/"),
        "flag": flag or "hello-world",
        "client_key": client_key or "ff_client_…",
        "server_key": server_key or NO_SERVER_KEY,
        "any_key": server_key or client_key or NO_SERVER_KEY,
    }
    python = PYTHON if server_key or not client_key else PYTHON_REMOTE
    tabs = (CURL if flag else CURL_ALL, python, JAVASCRIPT)
    return Filled(tuple(_fill(each, values) for each in tabs), tuple(_fill(each, values) for each in OPENFEATURE))


def _fill(snippet: Snippet, values: Mapping[str, str]) -> Snippet:
    return replace(snippet, code=Template(snippet.code).substitute(values))
