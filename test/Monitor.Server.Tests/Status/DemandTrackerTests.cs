using Microsoft.Extensions.Logging.Abstractions;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Status;

internal sealed class DemandTrackerTests
{
    // Whoever asks for names that no program has takes nothing from those who ask for one.
    [Test]
    public void Ask_ForNamesThatNoProgramHas_LeavesRoomForOthers()
    {
        var programs = new OnDemand("dns", "close");
        using var tracker = new DemandTracker(
            programs, new Subscribers(), TimeProvider.System, NullLogger<DemandTracker>.Instance);

        for (var round = 0; round < 100; round++)
        {
            tracker.Ask([.. Enumerable.Range(0, 64).Select(i => $"{round}-{i}")]);
        }

        Assert.That(programs.Demand!.IsNone, Is.True);
        tracker.Ask(["dns", "other"]);
        Assert.That(programs.Demand.Names, Is.EqualTo(new[] { "dns" }));
    }

    [Test]
    public void Ask_ForAProgramThatCameLater_IsToldOnceItIsKnown()
    {
        var time = new ManualTime();
        var programs = new OnDemand();
        using var tracker = new DemandTracker(programs, new Subscribers(), time, NullLogger<DemandTracker>.Instance);
        tracker.Ask(["dns"]);
        programs.OnDemandNames = ["dns"];

        time.Advance(TimeSpan.FromSeconds(1));
        tracker.Ask(["dns"]);

        Assert.That(programs.Demand!.Names, Is.EqualTo(new[] { "dns" }));
    }

    private sealed class OnDemand(params string[] names) : IProgramDirectory, IOnDemandPrograms
    {
        public IReadOnlyCollection<string> OnDemandNames { get; set; } = names;

        public ProgramDemand? Demand { get; private set; }

        public void Follow(ProgramDemand demand) => Demand = demand;

        public ValueTask<IReadOnlyList<Program>> GetProgramsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
