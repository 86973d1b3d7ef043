using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;

namespace Monitor.Fuzz.Cases;

/// <summary>Scrapers that ask for <c>/metrics</c> as nobody has thought of: whatever is answered is whole, in the format that its type
/// says.</summary>
internal sealed partial class MetricsCase : FuzzCase
{
    private static readonly string[] Accepted =
        [
            "application/openmetrics-text", "application/openmetrics-text", "text/plain", "*/*", "application/vnd.google.protobuf",
            ";version=1.0.0", ";version=0.0.4", ";q=0.5", ";q=0", ";q=x", ";escaping=allow-utf-8", ";charset=utf-16", ",", ", ", ";", "\"", "",
        ];

    private static readonly string[] Parameters = ["", "?", "?collect[]=monitor_", "?name[]=up", "?format=prometheus", "?%00=%ff", "?a=b&a=b", "?limit=1"];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public override string Name => "metrics";

    public override int ShortInputs => 500;

    public override int Workers => 4;

    public override async Task TryAsync(Random random, FuzzContext context)
    {
        var accept = string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => Accepted[random.Next(Accepted.Length)]));
        if (random.Next(5) == 0)
        {
            accept = Encoding.Latin1.GetString(Damage.Of(Encoding.Latin1.GetBytes(accept), random));
        }

        var isHead = random.Next(10) == 0;
        var request = $"{(isHead ? "HEAD" : "GET")} /metrics{Parameters[random.Next(Parameters.Length)]} HTTP/1.1\r\nHost: localhost\r\n"
            + $"Connection: close\r\nAccept: {accept}\r\n\r\n";
        var answer = new Answer(request, await SendAsync(context, request));
        context.Count(answer.Status.ToString(CultureInfo.InvariantCulture));
        var problem = answer.Status switch
        {
            200 => isHead ? null : ProblemOf(answer),
            // Bytes that no header may have.
            400 => accept.AsSpan().ContainsAnyExceptInRange(' ', '~') ? null : "status 400",
            431 => accept.Length > 1000 ? null : "status 431",
            _ => $"status {answer.Status}",
        };
        if (problem is not null)
        {
            throw new FuzzException(problem, request, answer.Status == 200 ? answer.Body() : "");
        }
    }

    private static string? ProblemOf(Answer answer)
    {
        var body = answer.Body();
        var isOpenMetrics = answer.HeadHas("\r\nContent-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n");
        if (!isOpenMetrics && !answer.HeadHas("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
        {
            return "another type";
        }

        return body.EndsWith("# EOF\n", StringComparison.Ordinal) != isOpenMetrics ? "an end of the other format"
            : body.Split('\n', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(line => line[0] != '#' && !Number().IsMatch(line)) is { } line ? $"a line that is none: {line}"
            : body.Contains("\nmonitor_log_bytes ", StringComparison.Ordinal) ? null
            : "numbers are missing";
    }

    private static async Task<string> SendAsync(FuzzContext context, string request)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(context.Server.Http(secured: false), patience.Token);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), patience.Token);
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer, patience.Token);
        return Encoding.Latin1.GetString(answer.ToArray());
    }

    [GeneratedRegex(@"^[a-z_]+(\{([a-z_]+=""([^""\\]|\\.)*"",?)*\})? [-+0-9.eE]+$")]
    private static partial Regex Number();
}
