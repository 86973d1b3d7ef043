using System.Buffers;
using System.Data.Common;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ClickHouse.Driver;
using ClickHouse.Driver.ADO;
using ClickHouse.Driver.ADO.Parameters;
using Monitor.ClickHouse.Tables;

namespace Monitor.ClickHouse;

/// <summary>The server of the archive: what is asked of it, over HTTP. Any thread.</summary>
internal sealed class ArchiveServer : IDisposable
{
    // Enough for a message of the server; it quotes the query.
    private const int MaxProblem = 400;

    // A summary of a thousand intervals by a hundred errors has some 5 MB.
    private const int MaxTextBytes = 64 << 20;
    private const int PartBytes = 64 << 10;

    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    private readonly ArchiveOptions _options;
    private readonly ClickHouseClient _client;
    private readonly HttpClient _http;

    /// <param name="options">Where it is.</param>
    /// <param name="dialect">What it understands; null for servers of today.</param>
    public ArchiveServer(ArchiveOptions options, ServerDialect? dialect = null)
    {
        _options = options;
        Dialect = dialect ?? ServerDialect.Current;
        var url = options.Server;
        _http = new HttpClient(HandlerOf(options)) { Timeout = options.Timeout };
        _client = new ClickHouseClient(new ClickHouseClientSettings
        {
            Protocol = url.IsTls ? "https" : "http",
            Host = url.Host,
            Port = url.Port,
            Username = url.User,
            Password = options.Password,
            Database = url.Database,
            HttpClient = _http,
            // Not worth the time: rows are compressed on disk, and what is read is a page.
            UseCompression = false,
            // In the body: a filter may have more values than a URL has room for.
            UseFormDataParameters = true,
            // No column is JSON, and the settings that the driver sends for it are unknown to old servers.
            JsonReadMode = JsonReadMode.None,
            JsonWriteMode = JsonWriteMode.None,
        });
    }

    public ServerDialect Dialect { get; }

    /// <summary>Whether a failure is one of the server, or of the way to it.</summary>
    public static bool IsFailure(Exception failure, CancellationToken cancellationToken) =>
        failure is DbException or HttpRequestException or IOException or TimeoutException
        || failure is OperationCanceledException && !cancellationToken.IsCancellationRequested;

    /// <summary>What to say of a failure, in one line.</summary>
    public static string Describe(Exception failure)
    {
        var text = failure is OperationCanceledException or TimeoutException ? "no answer in time"
            : (failure.InnerException?.Message ?? failure.Message).Trim().Split('\n')[0];
        return text.Length > MaxProblem ? text[..MaxProblem] + "…" : text;
    }

    /// <summary>Inserts rows.</summary>
    /// <param name="table">The table.</param>
    /// <param name="rows">In its format; they can be sent again.</param>
    /// <param name="token">The same for the same rows.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task InsertAsync(ArchiveTable table, ReadOnlySequence<byte> rows, string token, CancellationToken cancellationToken)
    {
        using var limit = Limit(cancellationToken);
        using var answer = await _client.PostStreamAsync(
            table.Insert,
            async (body, cancelled) =>
            {
                foreach (var part in rows)
                {
                    await body.WriteAsync(part, cancelled);
                }
            },
            false,
            limit.Token,
            new QueryOptions { CustomSettings = Dialect.InsertSettings(token) });
    }

    /// <summary>Answers a query with lines of text, values separated by tabs.</summary>
    /// <param name="query">The query, without a format.</param>
    /// <param name="parameters">Its parameters; a server that is old knows none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<string[]>> ReadLinesAsync(
        string query, IReadOnlyList<ClickHouseDbParameter> parameters, CancellationToken cancellationToken)
    {
        var text = "";
        await ReadAsync(
            $"{query} FORMAT TabSeparatedRaw",
            parameters,
            async (stream, cancelled) =>
            {
                var bytes = new MemoryStream();
                var part = new byte[PartBytes];
                for (int read; (read = await stream.ReadAsync(part, cancelled)) > 0; bytes.Write(part, 0, read))
                {
                    if (bytes.Length + read > MaxTextBytes)
                    {
                        throw new InvalidDataException($"an answer of more than {MaxTextBytes >> 20} MiB");
                    }
                }

                text = Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
            },
            cancellationToken);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'))];
    }

    /// <summary>Answers a query, within bounds of time and memory.</summary>
    /// <param name="query">The query, with a format.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <param name="read">Reads the answer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task ReadAsync(
        string query,
        IReadOnlyList<ClickHouseDbParameter> parameters,
        Func<Stream, CancellationToken, Task> read,
        CancellationToken cancellationToken)
    {
        using var limit = Limit(cancellationToken);
        using var connection = _client.CreateConnection();
        using var command = connection.CreateCommand();
        command.CommandText = query;
        foreach (var (name, value) in Dialect.QuerySettings)
        {
            command.CustomSettings[name] = value;
        }

        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        using var answer = await command.ExecuteRawResultAsync(limit.Token);
        await using var stream = await answer.ReadAsStreamAsync();
        await read(stream, limit.Token);
    }

    public void Dispose()
    {
        _client.Dispose();
        _http.Dispose();
    }

    private static SocketsHttpHandler HandlerOf(ArchiveOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            // So that a name that leads elsewhere now is followed.
            PooledConnectionLifetime = ConnectionLifetime,
            UseProxy = false,
            // Where it leads would be sent the events.
            AllowAutoRedirect = false,
        };
        if (options.Authorities is { } authorities)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
            policy.CustomTrustStore.AddRange(authorities);
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        return handler;
    }

    private CancellationTokenSource Limit(CancellationToken cancellationToken)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_options.Timeout);
        return limit;
    }
}
