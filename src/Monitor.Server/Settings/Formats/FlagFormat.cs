namespace Monitor.Server.Settings;

internal sealed class FlagFormat : ValueFormat<bool>
{
    public override string ValueName => "BOOL";

    public override string Expected => "true or false";

    public override bool IsFlag => true;

    public override bool TryParse(string text, out bool value) => bool.TryParse(text, out value);
}
