using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Monitor.Aggregator.Links;
using Monitor.Aggregator.Tests.Support;
using Monitor.Events;
using Monitor.V1;
using State = Monitor.V1.Agent.Types.State;

namespace Monitor.Aggregator.Tests.Links.Support;

using Program = Monitor.V1.Program;

/// <summary>A fleet that runs, over a log of its own. Fails the test where it logged an error.</summary>
internal sealed class TestFleet : IAsyncDisposable, ILoggerProvider
{
    private static ulong _lastEpoch = 0xa66;

    private readonly ConcurrentQueue<string> _errors = new();
    private readonly ListedDiscovery _listed = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ILoggerFactory _loggers;
    private readonly Task _running;

    private TestFleet(LinkOptions options)
    {
        Log = new EventLog(
            new EventLogOptions { RetentionBytes = 256 << 20, TracksOrigins = true },
            Interlocked.Increment(ref _lastEpoch),
            TimeProvider.System);
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(this));
        Fleet = new AgentFleet([_listed], Log, TimeProvider.System, _loggers, options: options);
        _running = Fleet.RunAsync(_stop.Token);
    }

    public EventLog Log { get; }

    public AgentFleet Fleet { get; }

    /// <summary>The programs that it shows.</summary>
    public IReadOnlyList<Program> Programs => Fleet.GetProgramsAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();

    /// <summary>What is in the log.</summary>
    public LogContent Content => LogContent.Of(Log);

    /// <summary>In a hurry where waiting shows nothing.</summary>
    public static LinkOptions Options(TimeSpan? silenceLimit = null, TimeSpan? forgetAfter = null, TimeSpan? catchingUpAfter = null) => new()
    {
        AnswerTimeout = silenceLimit ?? TimeSpan.FromSeconds(5),
        SilenceLimit = silenceLimit ?? TimeSpan.FromSeconds(10),
        PollInterval = TimeSpan.FromMilliseconds(100),
        FirstBackoff = TimeSpan.FromMilliseconds(20),
        LongestBackoff = TimeSpan.FromMilliseconds(200),
        FailedInterval = TimeSpan.FromMilliseconds(200),
        ReserveInterval = TimeSpan.FromMilliseconds(200),
        CatchingUpAfter = catchingUpAfter ?? TimeSpan.FromSeconds(1),
        ForgetAfter = forgetAfter ?? TimeSpan.FromHours(1),
        ForgetInterval = TimeSpan.FromMilliseconds(50),
        BatchDelay = TimeSpan.FromMilliseconds(5),
    };

    public static TestFleet Start(params string[] addresses) => Start(Options(), addresses);

    public static TestFleet Start(LinkOptions options, params string[] addresses)
    {
        var fleet = new TestFleet(options);
        fleet.List(addresses);
        return fleet;
    }

    /// <summary>Lists these addresses and no others.</summary>
    public void List(params string[] addresses) => _listed.Set(addresses);

    /// <summary>How one address is doing; null where it is not known.</summary>
    public Agent? Find(string address) => Fleet.GetAgents().SingleOrDefault(agent => agent.Address == address);

    public Agent Get(string address) => Find(address) ?? throw new AssertionException($"there is no agent {address}");

    public Task UntilAsync(string address, State state) =>
        UntilAsync(address, $"is {state}", agent => agent.State == state);

    public async Task UntilAsync(string address, string what, Func<Agent, bool> condition)
    {
        try
        {
            await Waiting.UntilAsync($"{address} {what}", () => Find(address) is { } agent && condition(agent));
        }
        catch (AssertionException)
        {
            await TestContext.Out.WriteLineAsync($"It is: {Find(address)}");
            throw;
        }
    }

    /// <summary>Until so many events were taken in.</summary>
    public Task UntilEventsAsync(long events) =>
        Waiting.UntilAsync($"{events} events are in the log", () => Log.GetStatistics().Appended >= events);

    public ILogger CreateLogger(string categoryName) => new Logger(_errors);

    public void Dispose()
    {
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(TimeSpan.FromSeconds(10));
        Log.Dispose();
        _loggers.Dispose();
        _stop.Dispose();
        Assert.That(_errors, Is.Empty);
    }

    private sealed class Logger(ConcurrentQueue<string> errors) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            Microsoft.Extensions.Logging.EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            TestContext.Out.WriteLine($"{DateTime.UtcNow:ss.fff} {logLevel}: {formatter(state, exception)} {exception}");
            if (logLevel >= LogLevel.Error)
            {
                errors.Enqueue($"{formatter(state, exception)} {exception}");
            }
        }
    }
}
