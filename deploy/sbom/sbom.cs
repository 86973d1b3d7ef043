#:property RestorePackagesWithLockFile=false
#:property NoWarn=CS1591
#:property PublishAot=false
#:property JsonSerializerIsReflectionEnabledByDefault=true

// Usage: dotnet run sbom.cs ROOT [FILE]. Lists what the programs are built and run with as CycloneDX JSON in FILE: packages from the
// packages.lock.json of all projects, with the licences that their nuspecs in the package folder state, and the
// libraries of Debian; and writes deploy/licences.md. Without FILE it only checks: that each licence is among the accepted ones, and
// that deploy/licences.md is what it would write.
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;

var root = args[0];
var accepted = File.ReadAllLines(Path.Combine(root, "deploy/sbom/accepted-licences.txt")).Where(line => line.Length > 0 && line[0] != '#').ToHashSet();
var packageFolder = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
    ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget/packages");

// Of packages that only have a file with the text; read by a person.
var byHand = new Dictionary<string, string> { ["CommandLineParser"] = "MIT", ["K4os.Compression.LZ4"] = "MIT", ["Microsoft.DotNet.PlatformAbstractions"] = "MIT" };
string[] onlyToBuild = ["Grpc.Tools"];

var packages = new SortedDictionary<(string Name, string Version), (string Hash, bool IsRun)>();
foreach (var (folder, isRun) in new[] { ("src", true), ("test", false) })
{
    foreach (var file in Directory.EnumerateFiles(Path.Combine(root, folder), "packages.lock.json", SearchOption.AllDirectories))
    {
        foreach (var (_, framework) in JsonNode.Parse(File.ReadAllText(file))!["dependencies"]!.AsObject())
        {
            foreach (var (name, entry) in framework!.AsObject().Where(entry => (string?)entry.Value!["type"] != "Project"))
            {
                var key = (name, (string)entry!["resolved"]!);
                var was = packages.GetValueOrDefault(key);
                packages[key] = ((string)entry["contentHash"]!, was.IsRun || (isRun && !onlyToBuild.Contains(name)));
            }
        }
    }
}

var components = new JsonArray();
var rows = new SortedSet<string>(StringComparer.OrdinalIgnoreCase);
var problems = new List<string>();
foreach (var ((name, version), (hash, isRun)) in packages)
{
    Add("nuget", name, version, LicenceOf(name, version), isRun, hash);
}

// Those that deploy/docker/rootfs.sh copies into the images.
foreach (var (name, licence) in new[]
{
    ("ca-certificates", "MPL-2.0"), ("libbpf1", "LGPL-2.1-only OR BSD-2-Clause"), ("libc6", "LGPL-2.1-or-later"),
    ("libelf1", "LGPL-3.0-or-later OR GPL-2.0-or-later"), ("libgcc-s1", "GPL-3.0-or-later WITH GCC-exception-3.1"),
    ("libssl3", "Apache-2.0"), ("libstdc++6", "GPL-3.0-or-later WITH GCC-exception-3.1"), ("zlib1g", "Zlib"),
})
{
    Add("deb/debian", name, DebianVersion(name), licence, isRun: true, hash: null);
}

Add("generic", "dotnet-runtime", Environment.Version.ToString(), "MIT", isRun: true, hash: null);
var licencesFile = Path.Combine(root, "deploy/licences.md");
var licences = "# Licences\n\nWhat the network monitor, MIT itself, is built and run with; `./build.sh sbom` writes this, and a list with versions and "
    + "hashes in\nCycloneDX into `artifacts/`.\n\n| | licence | |\n| --- | --- | --- |\n" + string.Join("\n", rows) + "\n";
if (args.Length > 1)
{
    File.WriteAllText(licencesFile, licences);
}
else if (!File.Exists(licencesFile) || File.ReadAllText(licencesFile) != licences)
{
    problems.Add("sbom: deploy/licences.md is not up to date; run ./build.sh sbom");
}

foreach (var problem in problems)
{
    Console.Error.WriteLine(problem);
}

if (args.Length > 1)
{
    var document = new JsonObject
    {
        ["bomFormat"] = "CycloneDX",
        ["specVersion"] = "1.6",
        ["version"] = 1,
        ["metadata"] = new JsonObject
        {
            ["component"] = new JsonObject { ["type"] = "application", ["name"] = "network-monitor", ["licenses"] = Licences("MIT") },
        },
        ["components"] = components,
    };
    File.WriteAllText(args[1], document.ToJsonString(new JsonSerializerOptions
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    }) + "\n");
    Console.Error.WriteLine($"{args[1]}: {components.Count} components, {packages.Values.Count(package => package.IsRun)} packages at run time");
}

return problems.Count == 0 ? 0 : 1;

void Add(string kind, string name, string? version, string? licence, bool isRun, string? hash)
{
    if (licence is null || !accepted.Contains(licence))
    {
        problems.Add($"sbom: {name} {version} has the licence '{licence ?? "unknown"}', which is not in deploy/sbom/accepted-licences.txt");
    }

    rows.Add($"| {name} | {licence} | {(isRun ? "shipped" : "to build and to test")} |");
    var component = new JsonObject
    {
        ["type"] = "library",
        ["name"] = name,
        ["purl"] = $"pkg:{kind}/{name}" + (version is null ? "" : $"@{version}"),
        // What is only needed to build or to test is not shipped.
        ["scope"] = isRun ? "required" : "excluded",
        ["licenses"] = Licences(licence ?? "unknown"),
    };
    if (version is not null)
    {
        component["version"] = version;
    }

    if (hash is not null)
    {
        component["properties"] = new JsonArray(new JsonObject { ["name"] = "nuget:contentHash", ["value"] = hash });
    }

    components.Add((JsonNode)component);
}

static JsonArray Licences(string licence) => new(
    licence.Contains(' ', StringComparison.Ordinal)
        ? new JsonObject { ["expression"] = licence }
        : new JsonObject { ["license"] = new JsonObject { [licence == "unknown" ? "name" : "id"] = licence } });

string? LicenceOf(string name, string version)
{
    var nuspec = Path.Combine(packageFolder, name.ToLowerInvariant(), version, $"{name.ToLowerInvariant()}.nuspec");
    if (!File.Exists(nuspec))
    {
        return null;
    }

    var licence = XDocument.Load(nuspec).Descendants().FirstOrDefault(element => element.Name.LocalName == "license");
    return licence?.Attribute("type")?.Value == "expression" ? licence.Value : byHand.GetValueOrDefault(name);
}

static string? DebianVersion(string package)
{
    try
    {
        using var query = Process.Start(new ProcessStartInfo("dpkg-query", ["-W", "-f=${Version}", package]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var version = query.StandardOutput.ReadToEnd();
        query.WaitForExit();
        return query.ExitCode == 0 ? version : null;
    }
    catch (System.ComponentModel.Win32Exception)
    {
        return null;
    }
}
