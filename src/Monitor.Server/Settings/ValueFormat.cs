using System.Diagnostics.CodeAnalysis;

namespace Monitor.Server.Settings;

/// <summary>What a setting's text may be, and what it means. Safe on any thread.</summary>
/// <typeparam name="T">What the text becomes.</typeparam>
/// <param name="ValueName">Placeholder of the value in the help, in capitals, for example <c>SIZE</c>.</param>
/// <param name="Expected">What is accepted, to follow the word "expected": "a size such as 64MiB, from 1MiB to
/// 1TiB".</param>
/// <param name="TryParse">Reads the text; false where it is not what <paramref name="Expected"/> says.</param>
public sealed record ValueFormat<T>(string ValueName, string Expected, ValueFormat<T>.Parser TryParse)
{
    /// <summary>See <see cref="TryParse"/>.</summary>
    public delegate bool Parser(string text, [MaybeNullWhen(false)] out T value);

    /// <summary>Whether the setting may be given several times; the texts are then joined by commas.</summary>
    public bool IsList { get; init; }

    /// <summary>Whether the option may stand without a value, which then is "true".</summary>
    public bool IsFlag { get; init; }

    /// <summary>Whether the value is the path of a file that the program reads.</summary>
    public bool IsFile { get; init; }
}
