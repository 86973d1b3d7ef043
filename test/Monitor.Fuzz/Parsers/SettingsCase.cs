using System.Text;
using Monitor.Agent;
using Monitor.Aggregator;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;
using Monitor.Server.Settings;

namespace Monitor.Fuzz.Parsers;

/// <summary>Command lines, variables and files of settings: read, or refused in words. Each line of an input is an argument, a
/// variable, or what the file holds.</summary>
internal sealed class SettingsCase : ParserCase
{
    private const string Variable = "MONITOR_";

    private static readonly SettingsSchema[] Schemas = [AgentSettings.Schema, AggregatorSettings.Schema];

    private static readonly string[] Values =
        [
            "", "0", "1", "-1", "65536", "99999999999999999999", "64MiB", "1e3", "*:0", "127.0.0.1:1", "[::1]:2", "[::1", ":", "localhost:", "true",
            "maybe", "debug", "a,b", ",,,", "\0", "\u00ff", "https://a.example", "*", "/", "/dev/null", "/proc/self/mem", "node-1", "x=y", "--", "10.0.0.0/8",
        ];

    private readonly string _file = Path.GetTempFileName();

    public override string Name => "settings";

    public override int ShortInputs => 3000;

    public override byte[] Make(Random random)
    {
        var schema = (byte)random.Next(Schemas.Length);
        var settings = Schemas[schema].All;
        var lines = Enumerable.Range(0, random.Next(5)).SelectMany(_ => (string[])
        [
            random.Next(8) == 0 ? Pick(Values) : settings[random.Next(settings.Count)].OptionName + (random.Next(3) == 0 ? "=" + Pick(Values) : ""),
            Pick(Values),
        ]).ToList();
        lines.AddRange(Enumerable.Range(0, random.Next(3)).Select(index =>
            Variable + settings[random.Next(settings.Count)].Name.Replace('-', '_').ToUpperInvariant() + (random.Next(5) == 0 ? index : "") + "=" + Pick(Values)));
        if (random.Next(3) == 0)
        {
            var json = $$"""{"{{settings[random.Next(settings.Count)].Name}}": ["{{Pick(["a", "1", "64MiB"])}}"], "log-level": "debug", "retention": 5}""";
            lines.Add(Encoding.Latin1.GetString(Damage.Of(Encoding.Latin1.GetBytes(json), random)).Replace('\n', ' '));
        }

        return [schema, .. Encoding.Latin1.GetBytes(string.Join('\n', lines))];

        string Pick(string[] values) => values[random.Next(values.Length)];
    }

    protected override string Parse(byte[] input)
    {
        var schema = Schemas[input.Length == 0 ? 0 : input[0] % Schemas.Length];
        List<string> arguments = [];
        Dictionary<string, string> environment = [];
        foreach (var line in Encoding.Latin1.GetString(input.AsSpan(Math.Min(1, input.Length))).Split('\n'))
        {
            if (line.StartsWith('{'))
            {
                File.WriteAllBytes(_file, Encoding.Latin1.GetBytes(line));
                arguments.AddRange(["--config", _file]);
            }
            else if (line.StartsWith(Variable, StringComparison.Ordinal) && line.Split('=', 2) is [var name, var value])
            {
                environment[name] = value;
            }
            else
            {
                arguments.Add(line);
            }
        }

        try
        {
            var outcome = schema.Read([.. arguments], environment);
            return outcome.Values is not null || (outcome.Text.Length > 0 && outcome.ExitCode is 0 or 2)
                ? $"exit code {outcome.ExitCode}"
                : throw new FuzzException("refused without a word", string.Join(' ', arguments), outcome.Text);
        }
        finally
        {
            File.Delete(_file);
        }
    }
}
