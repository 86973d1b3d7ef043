using System.Text;
using Monitor.Agent;
using Monitor.Aggregator;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;
using Monitor.Server;
using Monitor.Server.Settings;

namespace Monitor.Fuzz.Cases;

/// <summary>Command lines, variables, files of settings and lists of readers: read, or refused in words.</summary>
internal sealed class SettingsCase : FuzzCase
{
    private static readonly SettingsSchema[] Schemas = [AgentSettings.Schema, AggregatorSettings.Schema];

    private static readonly string[] Values =
        [
            "", "0", "1", "-1", "65536", "99999999999999999999", "64MiB", "1e3", "*:0", "127.0.0.1:1", "[::1]:2", "[::1", ":", "localhost:", "true",
            "maybe", "debug", "a,b", ",,,", "\0", "\ud800", "https://a.example", "*", "/", "/dev/null", "/proc/self/mem", "node-1", "x=y", "--", "10.0.0.0/8",
        ];

    private readonly string _file = Path.GetTempFileName();

    public override string Name => "settings";

    public override int ShortInputs => 3000;

    public override Task TryAsync(Random random, FuzzContext context)
    {
        var schema = Schemas[random.Next(Schemas.Length)];
        var settings = schema.All;
        string[] arguments =
            [
                .. Enumerable.Range(0, random.Next(5)).SelectMany(_ =>
                    (string[])[random.Next(8) == 0 ? Pick(Values) : settings[random.Next(settings.Count)].OptionName + (random.Next(3) == 0 ? "=" + Pick(Values) : ""), Pick(Values)]),
            ];
        var environment = Enumerable.Range(0, random.Next(3))
            .Select(index => "MONITOR_" + settings[random.Next(settings.Count)].Name.Replace('-', '_').ToUpperInvariant() + (random.Next(5) == 0 ? index : ""))
            .Distinct()
            .ToDictionary(name => name, _ => Pick(Values));
        if (random.Next(3) == 0)
        {
            var name = settings[random.Next(settings.Count)].Name;
            var json = $$"""{"{{name}}": ["{{Pick(["a", "1", "64MiB"])}}"], "log-level": "debug", "retention": 5}""";
            File.WriteAllBytes(_file, Damage.Of(Encoding.UTF8.GetBytes(json), random));
            arguments = [.. arguments, "--config", _file];
        }

        try
        {
            var outcome = schema.Read(arguments, environment);
            context.Count($"exit code {outcome.ExitCode}");
            if (outcome.Values is null && (outcome.Text.Length == 0 || outcome.ExitCode is not (0 or 2)))
            {
                throw new FuzzException("refused without a word", string.Join(' ', arguments), outcome.Text);
            }

            TryReaders(random, context);
        }
        finally
        {
            File.Delete(_file);
        }

        return Task.CompletedTask;

        string Pick(string[] values) => values[random.Next(values.Length)];
    }

    private static void TryReaders(Random random, FuzzContext context)
    {
        var text = Encoding.UTF8.GetBytes(
            $$"""{"readers": [{"name": "a", "role": "events", "token_sha256": "{{new string('a', 64)}}", "namespaces": ["x"]}, {"name": "b", "role": "status", "certificate": "b.example"}]}""");
        try
        {
            ReadersFile.Parse("readers", Damage.Of(text, random));
            context.Count("readers read");
        }
        catch (AccessException)
        {
            context.Count("readers refused");
        }
    }
}
