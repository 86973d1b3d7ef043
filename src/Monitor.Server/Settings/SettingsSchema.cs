using System.Collections;

namespace Monitor.Server.Settings;

/// <summary>
/// The settings of one program and where they come from: first the command line, then the environment, then the JSON
/// file that <c>--config</c> or <c>MONITOR_CONFIG</c> names, then what the platform sets
/// (<see cref="Setting.PlatformVariable"/>), then the defaults. A list is taken whole from one of these. An unknown or
/// bad setting on the command line, in the environment or in the file is refused even where it is overridden; a
/// variable of the platform, which is not ours, only where it applies.
/// </summary>
public sealed class SettingsSchema
{
    internal static readonly Setting<string> Config = new(
        "config",
        ValueFormats.ExistingFile,
        "A JSON file with settings: an object whose keys are the names of the options, such as "
        + "{\"log-level\": \"debug\"}. Lists are arrays.");

    private readonly IReadOnlyList<Setting> _settings;
    private readonly Func<SettingValues, SettingsOutcome?>? _check;

    /// <summary>Declares what a program can be told.</summary>
    /// <param name="programName">The executable's name, which begins every message: <c>monitor-agent</c>.</param>
    /// <param name="summary">What the program is for, for the top of the help. Line breaks are kept.</param>
    /// <param name="version">What <c>--version</c> prints.</param>
    /// <param name="settings">The settings, in the order of the help. <c>--config</c>, <c>--help</c> and
    /// <c>--version</c> are added.</param>
    /// <param name="examples">Command lines for the help, each with what it does.</param>
    /// <param name="check">Checks what no single setting can: returns what <see cref="SettingValues.Refuse(string)"/>
    /// makes, or null where all is well.</param>
    public SettingsSchema(
        string programName,
        string summary,
        string version,
        IReadOnlyList<Setting> settings,
        IReadOnlyList<(string CommandLine, string Meaning)> examples,
        Func<SettingValues, SettingsOutcome?>? check = null)
    {
        ProgramName = programName;
        Summary = summary;
        Version = version;
        Examples = examples;
        _settings = [.. settings, Config];
        _check = check;
    }

    /// <summary>The executable's name.</summary>
    public string ProgramName { get; }

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
        // Its parser takes 50 ms to get ready.
        var commandLine = arguments.Count == 0 ? null : new CommandLineSettings(_settings, arguments);
        if (commandLine is { IsHelp: true })
        {
            return SettingsOutcome.Print(HelpText.Write(this));
        }

        if (commandLine is { IsVersion: true })
        {
            return SettingsOutcome.Print($"{ProgramName} {Version}\n");
        }

        var values = new Dictionary<Setting, (object Value, GivenSetting Given)>();
        var given = new List<GivenSetting>();
        var problem = commandLine?.Read(given)
            ?? EnvironmentSettings.Read(_settings, environment, given)
            ?? Take(given, values);
        if (problem is null && values.TryGetValue(Config, out var config))
        {
            given.Clear();
            // A file that names another file would not be read; it is refused as unknown.
            problem = FileSettings.Read(_settings.Where(s => s != Config).ToList(), (string)config.Value, given)
                ?? Take(given, values);
        }

        problem ??= TakeFromPlatform(environment, values);
        if (problem is not null)
        {
            return Refuse(problem);
        }

        var read = new SettingValues(this, values);
        return _check?.Invoke(read) ?? SettingsOutcome.Run(read);
    }

    internal SettingsOutcome Refuse(string problem) =>
        SettingsOutcome.Fail($"{ProgramName}: {problem.TrimEnd()} Try --help.\n");

    // Checks all that was given, and keeps what was not given before.
    private static string? Take(
        List<GivenSetting> given,
        Dictionary<Setting, (object Value, GivenSetting Given)> values)
    {
        foreach (var item in given)
        {
            if (!item.Setting.TryParse(item.Text, out var value))
            {
                return item.Refuse(item.Setting.Expected);
            }

            values.TryAdd(item.Setting, (value, item));
        }

        return null;
    }

    private string? TakeFromPlatform(
        IReadOnlyDictionary<string, string> environment,
        Dictionary<Setting, (object Value, GivenSetting Given)> values)
    {
        foreach (var setting in _settings.Where(setting => !values.ContainsKey(setting)))
        {
            if (setting.FindOnPlatform(environment) is not { } found)
            {
                continue;
            }

            if (Take([found], values) is { } problem)
            {
                return $"{problem} Give another with {setting.OptionName}.";
            }
        }

        return null;
    }
}
