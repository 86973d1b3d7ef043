using System.Globalization;
using System.Text;
using Monitor.V1;

namespace Monitor.Agent.Custom;

/// <summary>An event of a user's own monitor as one line for people.</summary>
internal static class EventLine
{
    /// <summary>Time, process, addresses, and the fields of the detail.</summary>
    public static string Of(Event told)
    {
        var line = new StringBuilder();
        line.Append(told.Time.ToDateTime().ToLocalTime().ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture));
        if (told.HasPid)
        {
            line.Append(CultureInfo.InvariantCulture, $" {told.Command}[{told.Pid}]");
        }

        if (told.HasSourceIp)
        {
            line.Append(CultureInfo.InvariantCulture, $" {told.SourceIp}{(told.HasSourcePort ? $":{told.SourcePort}" : "")}");
        }

        if (told.HasDestination)
        {
            line.Append(" -> ").Append(told.Destination);
        }

        foreach (var (name, value) in told.Custom?.Fields ?? [])
        {
            line.Append(' ').Append(name).Append('=').Append(Of(value));
        }

        return line.ToString();
    }

    private static string Of(CustomValue value) => value.KindCase switch
    {
        CustomValue.KindOneofCase.Integer => value.Integer.ToString(CultureInfo.InvariantCulture),
        CustomValue.KindOneofCase.Number => value.Number.ToString(CultureInfo.InvariantCulture),
        CustomValue.KindOneofCase.Flag => value.Flag ? "true" : "false",
        CustomValue.KindOneofCase.Text => Printable(value.Text),
        CustomValue.KindOneofCase.Duration => string.Create(CultureInfo.InvariantCulture, $"{value.Duration.Seconds + value.Duration.Nanos / 1e9:0.#########}s"),
        CustomValue.KindOneofCase.Time => value.Time.ToDateTime().ToString("O", CultureInfo.InvariantCulture),
        CustomValue.KindOneofCase.List => $"[{string.Join(", ", value.List.Values.Select(Of))}]",
        _ => "",
    };

    // A process chooses its texts: one must not move the cursor of a terminal, or look like two fields.
    private static string Printable(string text) => text.Any(letter => char.IsControl(letter) || letter is ' ' or '"')
        ? $"\"{string.Concat(text.Select(letter => char.IsControl(letter) ? '?' : letter == '"' ? '\'' : letter))}\""
        : text;
}
