using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Monitor.Server;

/// <summary>What one client has open and has used up. A feature of its connections, and so of their requests. Any
/// thread.</summary>
internal sealed class LimitedClient : IDisposable
{
    // Waiting calls hold a request each; a client that has this many is not waiting for answers.
    private const int MaxWaiting = 1000;

    /// <summary>
    /// Most bytes of requests that the calls of a client keep together, each until it ends: 32 MiB, which take three times as much
    /// memory where they are resume tokens. The largest messages are those: of a thousand agents 31 KiB.
    /// </summary>
    public const int MaxHeldBytes = 32 << 20;

    /// <summary>Most bytes of requests that the calls of all clients keep: 128 MiB.</summary>
    public const int MaxHeldBytesOfAll = 128 << 20;

    /// <summary>Bytes of requests that a client may keep whatever others do: 256 KiB.</summary>
    public const int OwnHeldBytes = 256 << 10;

    // Handshakes of a client that may show a certificate, at one time. They take two round trips and a few milliseconds.
    private const int MaxHandshakes = 256;

    /// <summary>Certificates of chains that lead nowhere, in ten seconds: some 20 ms of work a second. A client with one that has expired
    /// may go on trying.</summary>
    public const int WrongCertificates = 100;

    // Requests of HTTP/2 whose answers were not sent to their end, beside streams: as many as wait, and some that are refused.
    // One takes some 20 KiB. Twice as many of all clients, beyond which each has a hundred.
    private const int MaxUnread = MaxWaiting + 500;
    private const int OwnRequests = 100;

    // One wrong credential a second after ten, and one line of the log about refusals in ten seconds.
    private const int Refusals = 10;
    private static readonly TimeSpan GuessPeriod = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LinePeriod = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ClientLimitOptions _options;
    private readonly AllClients _ofAll;
    private readonly TokenBucket _requests;
    private readonly TokenBucket _frames;
    private readonly SemaphoreSlim _turns;
    private readonly Lock _handshaking = new();
    private readonly LinkedList<ConnectionContext> _handshakes = [];
    private int _streams;
    private int _openRequests;
    private long _heldBytes;
    private int _waiting;

    public LimitedClient(IPAddress address, ClientLimitOptions options, TimeProvider time, AllClients ofAll)
    {
        Address = address;
        _options = options;
        _ofAll = ofAll;
        _requests = new TokenBucket(options.MaxRequestsPerSecond, Second, time);
        _frames = new TokenBucket(options.MaxControlFramesPerSecond, Second, time);
        Guesses = new TokenBucket(Refusals, GuessPeriod, time);
        BadCertificates = new TokenBucket(WrongCertificates, GuessPeriod, time);
        RefusalLines = new TokenBucket(Refusals, LinePeriod, time);
        _turns = new SemaphoreSlim(options.MaxCallsAtWork);
    }

    /// <summary>Of <see cref="ClientAddress"/>.</summary>
    public IPAddress Address { get; }

    /// <summary>Wrong tokens.</summary>
    public TokenBucket Guesses { get; }

    /// <summary>Certificates that no authority vouches for, with those that were sent beside them.</summary>
    public TokenBucket BadCertificates { get; }

    /// <summary>Lines of the log about what it was refused.</summary>
    public TokenBucket RefusalLines { get; }

    /// <summary>How many connections it has; <see cref="ClientLimits"/> counts them under its lock.</summary>
    public int Connections { get; set; }

    /// <summary>How many streams it has open.</summary>
    public int Streams => Volatile.Read(ref _streams);

    /// <summary>How many of its requests over HTTP/2 are open, until their answers were sent to their end.</summary>
    public int OpenRequests => Volatile.Read(ref _openRequests);

    /// <summary>How many of its calls are worked on.</summary>
    public int CallsAtWork => _options.MaxCallsAtWork - _turns.CurrentCount;

    /// <summary>Whether it could be forgotten: it has nothing open, and a new one would be allowed no more. A call may outlast
    /// its connection.</summary>
    public bool IsIdle => Connections == 0 && Streams == 0 && CallsAtWork == 0 && _requests.IsFull && _frames.IsFull && Guesses.IsFull && BadCertificates.IsFull
        && RefusalLines.IsFull;

    /// <summary>Who sent a request.</summary>
    public static LimitedClient Of(HttpContext context) => context.Features.GetRequiredFeature<LimitedClient>();

    public bool TryTakeRequest() => _requests.TryTake();

    /// <param name="frames">How many, window updates as parts of one.</param>
    public bool TryTakeFrames(double frames) => _frames.TryTake(frames);

    public bool TryOpenStream()
    {
        if (Interlocked.Increment(ref _streams) <= _options.MaxStreams)
        {
            return true;
        }

        CloseStream();
        return false;
    }

    public void CloseStream() => Interlocked.Decrement(ref _streams);

    /// <summary>A request begins, over HTTP/2; to be followed by <see cref="CloseRequest"/>.</summary>
    /// <returns>Whether the client has more than it may, and whether it is not to have this one, because all clients have too
    /// many.</returns>
    public (bool IsTooMany, bool IsRefused) OpenRequest()
    {
        var own = Interlocked.Increment(ref _openRequests);
        var all = _ofAll.AddOpenRequests(1);
        var most = _options.MaxStreams + MaxUnread;
        return (own > most, own > OwnRequests && all > most * 2);
    }

    public void CloseRequest()
    {
        Interlocked.Decrement(ref _openRequests);
        _ofAll.AddOpenRequests(-1);
    }

    /// <summary>Notes that a call keeps more of its request.</summary>
    /// <param name="bytes">How many bytes.</param>
    /// <returns>False where the client's calls together keep too much, or those of all clients. True: to be followed by
    /// <see cref="Release"/>.</returns>
    public bool TryHold(int bytes)
    {
        var own = Interlocked.Add(ref _heldBytes, bytes);
        var all = _ofAll.AddHeldBytes(bytes);
        if (own <= OwnHeldBytes || (own <= MaxHeldBytes && all <= MaxHeldBytesOfAll))
        {
            return true;
        }

        Release(bytes);
        return false;
    }

    public void Release(int bytes)
    {
        Interlocked.Add(ref _heldBytes, -bytes);
        _ofAll.AddHeldBytes(-bytes);
    }

    /// <summary>A handshake begins; to be followed by <see cref="EndHandshake"/>. Where the client has too many, the oldest is given up:
    /// those that are not held up end in milliseconds.</summary>
    public void BeginHandshake(ConnectionContext connection)
    {
        ConnectionContext? oldest = null;
        lock (_handshaking)
        {
            _handshakes.AddLast(connection);
            if (_handshakes.Count > MaxHandshakes)
            {
                oldest = _handshakes.First!.Value;
                _handshakes.RemoveFirst();
            }
        }

        oldest?.Abort();
    }

    /// <summary>Notes a certificate that no authority vouches for. Where there were too many, handshakes that have asked for one
    /// are given up: what is shown there may be of the same kind.</summary>
    /// <param name="price">As of so many certificates.</param>
    public void NoteBadCertificate(int price)
    {
        BadCertificates.Take(price);
        if (!BadCertificates.IsEmpty)
        {
            return;
        }

        List<ConnectionContext> open;
        lock (_handshaking)
        {
            open = [.. _handshakes];
            _handshakes.Clear();
        }

        open.ForEach(connection => connection.Abort());
    }

    public void EndHandshake(ConnectionContext connection)
    {
        lock (_handshaking)
        {
            _handshakes.Remove(connection);
        }
    }

    /// <summary>Waits until the client has few enough calls at work, in the order in which they came.</summary>
    /// <returns>False where too many wait already. True: to be followed by <see cref="EndTurn"/>.</returns>
    public async ValueTask<bool> TryTakeTurnAsync(CancellationToken cancellationToken)
    {
        if (_turns.Wait(0, CancellationToken.None))
        {
            return true;
        }

        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return false;
        }

        try
        {
            await _turns.WaitAsync(cancellationToken);
            return true;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void EndTurn() => _turns.Release();

    public void Dispose() => _turns.Dispose();
}
