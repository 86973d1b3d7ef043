using System.Diagnostics.CodeAnalysis;

namespace Monitor.Server.Settings;

internal sealed class TextFormat : ValueFormat<string>
{
    public override string ValueName => "NAME";

    public override string Expected => "some text";

    public override bool TryParse(string text, [MaybeNullWhen(false)] out string value)
    {
        value = text.Trim();
        return value.Length > 0;
    }
}
