using System.Diagnostics.CodeAnalysis;

namespace Monitor.Server.Settings;

internal sealed class WordFormat(string[] words) : ValueFormat<string>
{
    public override string ValueName => "WORD";

    public override string Expected => string.Join(" or ", words);

    public override bool TryParse(string text, [MaybeNullWhen(false)] out string value)
    {
        value = Array.Find(words, word => word.Equals(text, StringComparison.OrdinalIgnoreCase));
        return value is not null;
    }
}
