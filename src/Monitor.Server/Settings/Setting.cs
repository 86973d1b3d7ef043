using System.Diagnostics.CodeAnalysis;

namespace Monitor.Server.Settings;

/// <summary>One setting of a program, whatever its type. Declare it once, as a <see cref="Setting{T}"/>.</summary>
public abstract class Setting
{
    private protected Setting(string name, string description, string? defaultText)
    {
        Name = name;
        Description = description;
        DefaultText = defaultText;
    }

    /// <summary>The name as option and file key, in lower case with hyphens: <c>log-level</c>.</summary>
    public string Name { get; }

    /// <summary>What it does, in a sentence or two, for the help.</summary>
    public string Description { get; }

    /// <summary>The default for the help; null where leaving it out means that nothing is asked for.</summary>
    public string? DefaultText { get; }

    /// <summary>The name on the command line: <c>--log-level</c>.</summary>
    public string OptionName => "--" + Name;

    /// <summary>The environment variable: <c>MONITOR_LOG_LEVEL</c>.</summary>
    public string EnvironmentName => EnvironmentSource.Prefix + Name.ToUpperInvariant().Replace('-', '_');

    internal abstract string ValueName { get; }

    internal abstract string Expected { get; }

    internal abstract bool IsList { get; }

    internal abstract bool IsFlag { get; }

    internal abstract bool TryParse(string text, [NotNullWhen(true)] out object? value);
}
