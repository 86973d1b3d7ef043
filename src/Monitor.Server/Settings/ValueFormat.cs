using System.Diagnostics.CodeAnalysis;

namespace Monitor.Server.Settings;

/// <summary>What a setting's text may be, and what it means. Stateless; safe on any thread.</summary>
/// <typeparam name="T">What the text becomes.</typeparam>
public abstract class ValueFormat<T>
{
    /// <summary>Placeholder of the value in the help, in capitals, for example <c>SIZE</c>.</summary>
    public abstract string ValueName { get; }

    /// <summary>What is accepted, to follow the words "expected": "a size such as 64MiB, from 1MiB to 1TiB".</summary>
    public abstract string Expected { get; }

    /// <summary>Whether the setting may be given several times; the texts are then joined by commas.</summary>
    public virtual bool IsList => false;

    /// <summary>Whether the option may stand without a value, which then is "true".</summary>
    public virtual bool IsFlag => false;

    /// <summary>Reads the text; false where it is not what <see cref="Expected"/> says.</summary>
    public abstract bool TryParse(string text, [MaybeNullWhen(false)] out T value);
}
