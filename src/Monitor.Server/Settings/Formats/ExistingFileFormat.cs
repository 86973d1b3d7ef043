using System.Diagnostics.CodeAnalysis;

namespace Monitor.Server.Settings;

internal sealed class ExistingFileFormat : ValueFormat<string>
{
    public override string ValueName => "FILE";

    public override string Expected => "the path of a file that exists and can be read";

    public override bool TryParse(string text, [MaybeNullWhen(false)] out string value)
    {
        value = text;
        try
        {
            using var file = File.OpenRead(text);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException
            or NotSupportedException)
        {
            return false;
        }
    }
}
