using Monitor.Benchmarks.Machine;

namespace Monitor.Benchmarks.Measures;

/// <summary>What a machine that is busy with its own work loses of it to the agent, which has no CPU to itself.</summary>
internal sealed class WorkloadLoss : Measure
{
    private const int Rounds = 5;
    private const string Tcp = "accept,close,connection,listen_overflow,reset,retransmit";

    public override string Name => "workload";

    public override async Task<IReadOnlyList<Figure>> RunAsync()
    {
        using var workload = await Workload.StartAsync();
        await RunOnceAsync(workload);
        var rounds = new List<(Done Nothing, Done Tcp, Done Dns)>();
        for (var round = 0; round < Rounds; round++)
        {
            rounds.Add((
                await RunOnceAsync(workload),
                await WithAgentAsync(workload, Tcp),
                await WithAgentAsync(workload, $"{Tcp},dns")));
        }

        Figure Lost(string what, double limit, Func<Done, double> of, string unit) => new(
            $"{what}: lost with all TCP events on",
            Median(rounds.Select(round => 100 * (1 - of(round.Tcp) / of(round.Nothing)))),
            limit,
            "%",
            $"{Median(rounds.Select(round => of(round.Tcp))):#,0} of {Median(rounds.Select(round => of(round.Nothing))):#,0} {unit}");

        Figure More(string what, Func<Done, double> of) => new(
            $"{what}: lost in addition with dns on",
            Median(rounds.Select(round => 100 * (of(round.Tcp) - of(round.Dns)) / of(round.Nothing))),
            2,
            "%");

        return
        [
            Lost("nginx, a connection for each request", 5, done => done.Connections, "requests/s"),
            More("nginx, a connection for each request", done => done.Connections),
            Lost("nginx, kept alive", 1, done => done.Requests, "requests/s"),
            More("nginx, kept alive", done => done.Requests),
            Lost("bulk transfer over veth", 1, done => done.Bits / 1e6, "Mbit/s"),
        ];
    }

    private static async Task<Done> WithAgentAsync(Workload workload, string programs)
    {
        using var agent = await AgentProcess.StartAsync(null, "--programs", programs);

        // Compiles its code for good.
        await workload.RequestsAsync(keepAlive: false);
        var done = await RunOnceAsync(workload);
        await agent.StopAsync();
        return done;
    }

    private static async Task<Done> RunOnceAsync(Workload workload) => new(
        await workload.RequestsAsync(keepAlive: false),
        await workload.RequestsAsync(keepAlive: true),
        await workload.ThroughputAsync());

    /// <param name="Connections">Requests per second, with a connection each.</param>
    /// <param name="Requests">Requests per second, on connections that are kept.</param>
    /// <param name="Bits">Per second.</param>
    private sealed record Done(double Connections, double Requests, double Bits);
}
