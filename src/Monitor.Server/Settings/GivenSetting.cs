using System.Text;
using Monitor.Protocol;

namespace Monitor.Server.Settings;

/// <summary>A setting as somebody gave it.</summary>
/// <param name="Setting">Which.</param>
/// <param name="Text">Its text; of a list, the items joined by commas.</param>
/// <param name="Where">Where it was given, as messages name it: "--limit", "MONITOR_LIMIT", "limit in a.json".</param>
internal readonly record struct GivenSetting(Setting Setting, string Text, string Where)
{
    /// <summary>Says that the value is bad.</summary>
    /// <param name="expected">What would have been accepted, to follow the word "expected".</param>
    public string Refuse(string expected) => $"{Where} is {ShownText()}: expected {expected}.";

    private string ShownText() => MessageText.Shorten(Text) is var shown && shown == Text
        ? $"'{Text}'"
        : $"'{shown}' ({Encoding.UTF8.GetByteCount(Text)} bytes)";
}
