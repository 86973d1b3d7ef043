using System.Collections;

namespace Monitor.Server.Settings;

/// <summary>
/// The settings of one program and where they come from. The command line goes before the environment, that before the
/// JSON file which <c>--config</c> or <c>MONITOR_CONFIG</c> names, and that before the defaults; a list is taken from
/// one source, whole. Whatever is unknown or bad, in any source, is refused, even where another source overrides it.
/// </summary>
public sealed class SettingsSchema
{
    private static readonly Setting<string> Config = new(
        "config",
        ValueFormats.ExistingFile,
        "A JSON file with settings: an object whose keys are the names of the options, such as "
        + "{\"log-level\": \"debug\"}. Lists are arrays.");

    private readonly IReadOnlyList<Setting> _settings;

    /// <summary>Declares what a program can be told.</summary>
    /// <param name="programName">The executable's name, which begins every message: <c>monitor-agent</c>.</param>
    /// <param name="summary">What the program is for, for the top of the help. Line breaks are kept.</param>
    /// <param name="version">What <c>--version</c> prints.</param>
    /// <param name="settings">The settings, in the order of the help. <c>--config</c>, <c>--help</c> and
    /// <c>--version</c> are added.</param>
    /// <param name="examples">Command lines for the help, each with what it does.</param>
    public SettingsSchema(
        string programName,
        string summary,
        string version,
        IReadOnlyList<Setting> settings,
        IReadOnlyList<(string CommandLine, string Meaning)> examples)
    {
        ProgramName = programName;
        Summary = summary;
        Version = version;
        Examples = examples;
        _settings = [.. settings, Config];
    }

    internal string ProgramName { get; }

    internal string Summary { get; }

    internal string Version { get; }

    internal IReadOnlyList<Setting> All => _settings;

    internal IReadOnlyList<(string CommandLine, string Meaning)> Examples { get; }

    /// <summary>The variables of this process.</summary>
    public static IReadOnlyDictionary<string, string> ProcessEnvironment() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);

    /// <summary>Reads and checks the settings. Throws nothing for what a user can do wrong.</summary>
    /// <param name="arguments">The command line, without the program's name.</param>
    /// <param name="environment">The environment; see <see cref="ProcessEnvironment"/>.</param>
    public SettingsOutcome Read(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var commandLine = new CommandLineSource(_settings, arguments);
        if (commandLine.IsHelp)
        {
            return SettingsOutcome.Print(HelpText.Write(this));
        }

        if (commandLine.IsVersion)
        {
            return SettingsOutcome.Print($"{ProgramName} {Version}\n");
        }

        var values = new Dictionary<Setting, (object Value, GivenSetting Given)>();
        var given = new List<GivenSetting>();
        var problem = commandLine.Read(given)
            ?? EnvironmentSource.Read(_settings, environment, given)
            ?? Take(given, values);
        if (problem is null && values.TryGetValue(Config, out var config))
        {
            given.Clear();
            // A file that names another file would not be read; it is refused as unknown.
            problem = FileSource.Read(_settings.Where(s => s != Config).ToList(), (string)config.Value, given)
                ?? Take(given, values);
        }

        return problem is null ? SettingsOutcome.Run(new SettingValues(this, values)) : Refuse(problem);
    }

    internal SettingsOutcome Refuse(string problem) =>
        SettingsOutcome.Fail($"{ProgramName}: {problem.TrimEnd()} Try --help.\n");

    // Checks all that was given, and keeps what no source before has given.
    private static string? Take(
        List<GivenSetting> given,
        Dictionary<Setting, (object Value, GivenSetting Given)> values)
    {
        foreach (var item in given)
        {
            if (!item.Setting.TryParse(item.Text, out var value))
            {
                return $"{item.Source} is '{item.Text}': expected {item.Setting.Expected}.";
            }

            values.TryAdd(item.Setting, (value, item));
        }

        return null;
    }
}
