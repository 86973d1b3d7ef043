using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>The time that a client gives a call, in the header <c>grpc-timeout</c>.</summary>
internal sealed class Deadline : IDisposable
{
    public const string HeaderName = "grpc-timeout";

    // A longer one is not worth a timer, and timers take no more than 49 days.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(30);

    private readonly CancellationTokenSource? _timer;
    private readonly CancellationTokenSource? _linked;

    private Deadline(HttpContext context, TimeSpan? timeout)
    {
        Token = context.RequestAborted;
        if (timeout is not { } time)
        {
            return;
        }

        var clock = context.RequestServices.GetService<TimeProvider>() ?? TimeProvider.System;
        var now = clock.GetUtcNow().UtcDateTime;
        Time = time < DateTime.MaxValue - now ? now + time : DateTime.MaxValue;
        if (time <= LongestTimer)
        {
            _timer = new CancellationTokenSource(time, clock);
            _linked = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, context.RequestAborted);
            Token = _linked.Token;
        }
    }

    /// <summary>When the time is over, UTC; <see cref="DateTime.MaxValue"/> where there is no limit.</summary>
    public DateTime Time { get; } = DateTime.MaxValue;

    /// <summary>Whether the time is over.</summary>
    public bool IsExceeded => _timer is { IsCancellationRequested: true };

    /// <summary>Cancelled when the time is over or the client goes away.</summary>
    public CancellationToken Token { get; }

    /// <summary>Starts the clock. A header that is no timeout is ignored, as it is for gRPC.</summary>
    public static Deadline Start(HttpContext context) =>
        new(context, context.Request.Headers.TryGetValue(HeaderName, out var value) ? Parse(value.ToString()) : null);

    /// <summary>Reads up to 8 digits and a unit: H, M, S, m, u or n.</summary>
    internal static TimeSpan? Parse(ReadOnlySpan<char> text)
    {
        if (text.Length is < 2 or > 9
            || !long.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return null;
        }

        return text[^1] switch
        {
            'H' => new TimeSpan(count * TimeSpan.TicksPerHour),
            'M' => new TimeSpan(count * TimeSpan.TicksPerMinute),
            'S' => new TimeSpan(count * TimeSpan.TicksPerSecond),
            'm' => new TimeSpan(count * TimeSpan.TicksPerMillisecond),
            'u' => new TimeSpan(count * TimeSpan.TicksPerMicrosecond),
            'n' => new TimeSpan(count / TimeSpan.NanosecondsPerTick),
            _ => null,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _linked?.Dispose();
        _timer?.Dispose();
    }
}
