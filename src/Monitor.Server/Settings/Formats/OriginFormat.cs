using System.Diagnostics.CodeAnalysis;

namespace Monitor.Server.Settings;

internal sealed class OriginFormat : ValueFormat<string>
{
    private const string Any = "*";

    public override string ValueName => "ORIGIN";

    public override string Expected =>
        "the origin of a web page without a path, for example https://dashboard.example or http://localhost:3000, or * "
        + "for every page";

    public override bool TryParse(string text, [MaybeNullWhen(false)] out string value)
    {
        value = text;
        if (text == Any)
        {
            return true;
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri)
            || uri.Scheme is not ("http" or "https")
            || uri.UserInfo.Length > 0
            || uri.PathAndQuery is not "/"
            || uri.Fragment.Length > 0
            || text.EndsWith('/'))
        {
            return false;
        }

        // As browsers write it: small letters, no default port.
        value = uri.GetLeftPart(UriPartial.Authority);
        return true;
    }
}
