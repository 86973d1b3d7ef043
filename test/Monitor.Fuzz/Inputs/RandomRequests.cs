namespace Monitor.Fuzz.Inputs;

/// <summary>Makes requests as no sane client sends them, in the neighbourhood of what the server takes. Each byte of a
/// request is a character.</summary>
internal sealed class RandomRequests(Random random, IReadOnlyList<string> paths)
{
    private static readonly string[] Methods =
        ["GET", "GET", "GET", "POST", "POST", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "get", "FOO", "CONNECT"];

    private static readonly string[] Names =
        [
            "type", "pid", "command", "k8s_node_name", "k8s_pod_name", "k8s_namespace", "node_name", "source_ip",
            "destination_ip", "source_port", "destination_port", "protocol", "failed", "since", "until", "limit",
            "page_token", "resume_token", "accept_loss", "max_batch_events", "max_batch_delay", "duration_seconds", "event_id", "connection_id", "destination_name", "format",
            "Type", "k8s_pod", "pid.x", "", ".", "since.seconds", "%00", "%ff", "a[]", "_",
        ];

    private static readonly string[] Values =
        [
            "", "connection", "packet_drop", "1", "0", "-1", "4294967295", "4294967296", "99999999999999999999", "1e3",
            "NaN", "true", "false", "True", "null", "curl", "192.0.2.1", "10.0.0.0/8", "10.0.0.0/33", "::/0", "::1%25eth0",
            "fe80::1%25lo", "TCP", "253", "2026-01-01T00:00:00Z", "0000-00-00T00:00:00Z", "9999-12-31T23:59:59.999999999Z",
            "2026-13-01", "-1s", "1s", "315576000001s", "0.0000000001s", "%", "%zz", "%00", "%ff%fe", "%ed%a0%80", "\xff\xfe",
            "%F0%9F%92%A9", "a+b", "a%2Bb", "AAAA", "IQEjRWeJq83v", "0123456789abcdef-3", "18446744073709551615", "'\"<>", "%0d%0aX:y", "..%2f..", "ndjson", "parquet",
        ];

    private static readonly string[] Literals =
        [
            "null", "true", "-0", "1", "1.5", "1e999", "4294967296", "\"\"", "\"x\"", "\"\\ud800\"", "\"\xff\"", "[]", "[null]",
            "[[1]]", "{}", "{\"a\":1}", "[\"connection\"]", "[1,2,3]", "\"2026-01-01T00:00:00Z\"", "[\"10.0.0.0/8\"]", "NaN",
            "01", "'x'", "\"unfinished", "[1,", "{\"a\"", "/* c */ 1", "\0",
        ];

    private static readonly string[] ContentTypes =
        [
            "application/json", "application/json", "application/json", "application/json; charset=utf-8",
            "application/json; charset=utf-16", "application/json; charset=nonsense", "application/json; charset=\"",
            "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/grpc", "\xff", "",
        ];

    private static readonly string[] Headers =
        [
            "Accept-Encoding: gzip, br", "Accept-Encoding: br;q=x", "Accept: application/xml", "Accept: application/vnd.apache.parquet", "Accept: application/x-ndjson;q=x, */*;q=0.1,, ;",
            "Origin: null",
            "Access-Control-Request-Method: POST", "Expect: 100-continue", "Expect: 200-ok", "Content-Encoding: gzip",
            "Range: bytes=0-1", "If-None-Match: *", "grpc-timeout: 1n", "grpc-timeout: x", "grpc-encoding: gzip", "X: \xff\xfe",
            "Upgrade: h2c", "Connection: Upgrade", "Cookie: a", "X-Bin: a", "a-bin: !", "Content-Length: 5",
            "Content-Length: x", "Transfer-Encoding: gzip", "Host: b", "Authorization: Bearer x", "Authorization: Bearer",
            "Authorization: Basic YTpi", "Authorization: bearer \xff", "Authorization: Bearer a, Bearer b", "X-Forwarded-For: 127.0.0.1", "Bad Header: x", ": x", "NoColon",
        ];

    private static readonly string[] ChunkLengths = ["zz", "", "-1", "80000000", "ffffffff", "fffffffffffffffffff", "5 5", "0x5"];

    private readonly Random _random = random;

    /// <summary>The next request, complete enough to be answered.</summary>
    public string Next()
    {
        if (OneIn(60))
        {
            return Garbage(_random.Next(1, 200)) + "\r\n\r\n";
        }

        var method = Pick(Methods);
        var body = method is "GET" or "HEAD" or "OPTIONS" && !OneIn(10) ? "" : Body();
        var version = OneIn(20) ? Pick(["HTTP/1.0", "HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/9", "http/1.1", ""]) : "HTTP/1.1";
        var lines = new List<string> { $"{method} {Target()} {version}", "Connection: close" };
        if (!OneIn(30))
        {
            lines.Add("Host: localhost");
        }

        if (body.Length > 0 || OneIn(4))
        {
            lines.Add("Content-Type: " + Pick(ContentTypes));
        }

        for (var more = _random.Next(3); more > 0; more--)
        {
            lines.Add(Pick(Headers));
        }

        if (OneIn(50))
        {
            lines.Add("X-Long: " + new string('x', 40_000));
        }

        if (body.Length > 0 && OneIn(5))
        {
            lines.Add("Transfer-Encoding: chunked");
            body = OneIn(5) ? Pick(ChunkLengths) + "\r\n" + body : $"{body.Length:x}\r\n{body}\r\n0\r\n\r\n";
        }
        else if (body.Length > 0 || OneIn(2))
        {
            lines.Add($"Content-Length: {body.Length}");
        }

        return string.Join("\r\n", lines) + "\r\n\r\n" + body;
    }

    /// <summary>A body alone.</summary>
    public string Json() => Json(0);

    private string Target()
    {
        var path = Pick(paths);
        path = _random.Next(12) switch
        {
            0 => path + "/",
            1 => path.Replace("/", "//", StringComparison.Ordinal),
            2 => path.ToUpperInvariant(),
            3 => path.Insert(_random.Next(path.Length + 1), Pick(["%2e", "%00", "%", "%ff", "\xff", "..", "/../", "?", "#", " "])),
            _ => path,
        };
        var parameters = Enumerable.Range(0, OneIn(3) ? 0 : _random.Next(5))
            .Select(_ => Pick(Names) + (OneIn(10) ? "" : "=" + Pick(Values)));
        var query = string.Join(OneIn(20) ? "&&" : "&", parameters);
        if (OneIn(80))
        {
            query += "&type=" + new string('y', 40_000);
        }

        return query.Length > 0 || OneIn(10) ? $"{path}?{query}" : path;
    }

    private string Body() => _random.Next(8) switch
    {
        0 => Garbage(_random.Next(1, 300)),
        1 => new string(Pick(["[", "{\"a\":", "\""])[0], _random.Next(1, 20_000)),
        2 => "{\"command\":" + string.Concat(Enumerable.Repeat("[", _random.Next(200))),
        3 => "\xef\xbb\xbf" + Json(0),
        _ => Json(0),
    };

    private string Json(int depth)
    {
        var fields = Enumerable.Range(0, _random.Next(5)).Select(_ =>
        {
            var name = Pick(Names);
            var value = depth < 4 && OneIn(6) ? Json(depth + 1) : OneIn(3) ? $"[\"{Pick(Values)}\"]" : Pick(Literals);
            return $"\"{name}\":{value}";
        });
        return "{" + string.Join(",", fields) + "}";
    }

    private string Garbage(int length) =>
        string.Create(length, _random, static (text, random) =>
        {
            foreach (ref var one in text)
            {
                one = (char)random.Next(256);
            }
        });

    private bool OneIn(int times) => _random.Next(times) == 0;

    private T Pick<T>(IReadOnlyList<T> values) => values[_random.Next(values.Count)];
}
