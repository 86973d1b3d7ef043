using System.Globalization;
using System.Text.Json;
using Monitor.Fuzz.Running;

namespace Monitor.Fuzz.Inputs;

/// <summary>What came back for one request of HTTP/1, each byte as a character.</summary>
internal sealed class Answer
{
    private const string Continue = "HTTP/1.1 100 Continue\r\n\r\n";

    private readonly string _head = "";
    private readonly string _body = "";

    /// <exception cref="FuzzException">It is no answer.</exception>
    public Answer(string request, string text)
    {
        text = text.StartsWith(Continue, StringComparison.Ordinal) ? text[Continue.Length..] : text;
        if (text.Length == 0)
        {
            return;
        }

        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (!text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal)
            || end < 0
            || !int.TryParse(text.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status))
        {
            throw new FuzzException("no status line", request, text);
        }

        Status = status;
        _head = text[..(end + 4)];
        _body = text[(end + 4)..];
    }

    /// <summary>The status; 0 where the connection was closed without one.</summary>
    public int Status { get; }

    /// <summary>Whether it is of the web server alone, before there was a request: a status without a body.</summary>
    public bool IsBare(string request) =>
        (Status is 400 or 408 or 414 or 431 || (Status == 405 && request.Contains(" * ", StringComparison.Ordinal)))
        && _head.Contains("\r\nContent-Length: 0\r\n", StringComparison.Ordinal);

    /// <summary>Whether the body is in an encoding that is not looked into.</summary>
    public bool IsEncoded =>
        _head.Contains("\r\nContent-Encoding:", StringComparison.Ordinal) || _head.Contains("charset=utf-16", StringComparison.Ordinal);

    /// <summary>Whether the body is google.rpc.Status as JSON.</summary>
    public bool IsError()
    {
        try
        {
            using var json = JsonDocument.Parse(System.Text.Encoding.Latin1.GetBytes(Body()));
            return json.RootElement.GetProperty("code").GetInt32() > 0
                && json.RootElement.GetProperty("message").GetString()!.Length > 0
                && json.RootElement.GetProperty("details").ValueKind == JsonValueKind.Array;
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Whether the head has a text.</summary>
    public bool HeadHas(string text) => _head.Contains(text, StringComparison.Ordinal);

    /// <summary>The body, put together where it came in chunks.</summary>
    public string Body()
    {
        if (!_head.Contains("\r\nTransfer-Encoding: chunked\r\n", StringComparison.Ordinal))
        {
            return _body;
        }

        var whole = new System.Text.StringBuilder();
        for (var at = 0; ;)
        {
            var end = _body.IndexOf("\r\n", at, StringComparison.Ordinal);
            var length = int.Parse(_body.AsSpan(at, end - at), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (length == 0)
            {
                return whole.ToString();
            }

            whole.Append(_body, end + 2, length);
            at = end + 2 + length + 2;
        }
    }
}
