using System.Diagnostics.CodeAnalysis;

namespace Monitor.Server.Settings;

/// <summary>One setting of a program.</summary>
/// <typeparam name="T">The type of its value.</typeparam>
public sealed class Setting<T> : Setting
{
    private readonly ValueFormat<T> _format;

    /// <summary>Declares a setting.</summary>
    /// <param name="name">See <see cref="Setting.Name"/>.</param>
    /// <param name="format">What its text may be.</param>
    /// <param name="description">See <see cref="Setting.Description"/>.</param>
    /// <param name="defaultValue">The default, as one would write it; null where there is none.</param>
    /// <param name="defaultText">What the help says of the default, where it is not <paramref name="defaultValue"/>:
    /// "the host name".</param>
    /// <exception cref="ArgumentException">The default is not what the format accepts.</exception>
    public Setting(
        string name,
        ValueFormat<T> format,
        string description,
        string? defaultValue = null,
        string? defaultText = null)
        : base(name, description, defaultText ?? defaultValue)
    {
        _format = format;
        if (defaultValue is null)
        {
            return;
        }

        if (!format.TryParse(defaultValue, out var parsed))
        {
            throw new ArgumentException($"The default of {name} is '{defaultValue}', but it must be {format.Expected}.");
        }

        Default = parsed;
        HasDefault = true;
    }

    internal T? Default { get; }

    internal bool HasDefault { get; }

    internal override string ValueName => _format.ValueName;

    internal override string Expected => _format.Expected;

    internal override bool IsList => _format.IsList;

    internal override bool IsFlag => _format.IsFlag;

    internal override bool IsFile => _format.IsFile;

    internal override bool TryParse(string text, [NotNullWhen(true)] out object? value)
    {
        var parsed = _format.TryParse(text, out var typed);
        value = parsed ? typed : null;
        return parsed;
    }
}
