using System.Diagnostics.CodeAnalysis;

namespace Monitor.Server.Settings;

/// <summary>One setting of a program, whatever its type. Declare it once, as a <see cref="Setting{T}"/>.</summary>
public abstract class Setting
{
    private readonly string? _defaultText;

    private protected Setting(string name, string description, string? defaultText)
    {
        Name = name;
        Description = description;
        _defaultText = defaultText;
    }

    /// <summary>The name as option and file key, in lower case with hyphens: <c>log-level</c>.</summary>
    public string Name { get; }

    /// <summary>What it does, in a sentence or two, for the help.</summary>
    public string Description { get; }

    /// <summary>
    /// A variable that the user's platform sets, such as <c>NODE_NAME</c> in a pod. It applies where neither the command
    /// line nor the environment nor the file gives the setting. An empty one counts as unset. Null: no such variable.
    /// </summary>
    public string? PlatformVariable { get; init; }

    /// <summary>Finds the default where it depends on the machine; called when the settings are read. What it finds is
    /// checked as any other value is. Null: the default is fixed, or there is none.</summary>
    public Func<string>? FindDefault { get; init; }

    /// <summary>The default as the help shows it; null where the setting has no default.</summary>
    public string? DefaultText => PlatformVariable is null ? _defaultText : $"${PlatformVariable}, else {_defaultText ?? "none"}";

    /// <summary>The name on the command line: <c>--log-level</c>.</summary>
    public string OptionName => "--" + Name;

    /// <summary>The environment variable: <c>MONITOR_LOG_LEVEL</c>.</summary>
    public string EnvironmentName => EnvironmentSettings.Prefix + Name.ToUpperInvariant().Replace('-', '_');

    internal abstract string ValueName { get; }

    internal abstract string Expected { get; }

    internal abstract bool IsList { get; }

    internal abstract bool IsFlag { get; }

    internal abstract bool IsFile { get; }

    /// <summary>The value that the platform or the machine gives; null where neither does.</summary>
    internal GivenSetting? FindOnPlatform(IReadOnlyDictionary<string, string> environment) =>
        PlatformVariable is { } variable && environment.TryGetValue(variable, out var text) && text.Length > 0
            ? new GivenSetting(this, text, variable)
        : FindDefault is { } find ? new GivenSetting(this, find(), _defaultText ?? $"the default of {OptionName}")
        : null;

    internal abstract bool TryParse(string text, [NotNullWhen(true)] out object? value);
}
