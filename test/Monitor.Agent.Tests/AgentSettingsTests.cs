using Monitor.Server;
using Monitor.Server.Settings;

namespace Monitor.Agent.Tests;

/// <summary>What the agent refuses beyond what the formats of its settings do.</summary>
internal sealed class AgentSettingsTests
{
    [Test]
    public void Settings_None_AreTheDefaults()
    {
        var outcome = AgentSettings.Schema.Read([], new Dictionary<string, string>());

        Assert.That(outcome.Values, Is.Not.Null, outcome.Text);
        Assert.That(outcome.Values!.Get(ServerSettings.NodeName), Is.EqualTo(Environment.MachineName));
        Assert.That(AgentSettings.Shared.OptionsOf(outcome.Values).NodeName, Is.EqualTo(Environment.MachineName));
        Assert.That(outcome.Values.Get(AgentSettings.Programs), Is.EquivalentTo(["connection", "packet_drop"]));
        Assert.That(outcome.Values.Get(AgentSettings.Shared.Retention), Is.EqualTo(64 << 20));
    }

    [Test]
    public void NodeName_OfThePlatformTooLong_IsRefused() =>
        Assert.That(
            Refusal(new Dictionary<string, string> { ["NODE_NAME"] = new('n', 257) }),
            Does.StartWith("monitor-agent: NODE_NAME is 'nnn").And.Contain("256 bytes").And.Contain("--node-name"));

    [TestCase("")]
    [TestCase("1,2,3,4,5,6,7,8,9")]
    public void DnsPorts_NoneOrTooMany_AreRefused(string ports) =>
        Assert.That(Refusal([], "--dns-ports", ports), Does.StartWith($"monitor-agent: --dns-ports is '{ports}': expected 1 to 8 ports."));

    [TestCase("--exclude-pid")]
    [TestCase("--exclude-port")]
    public void Exclusions_AtTheLimitAndOneBeyond_AreTakenAndRefused(string option)
    {
        var longest = string.Join(',', Enumerable.Range(1, AgentSettings.MaxExclusions));

        Assert.That(AgentSettings.Schema.Read([option, longest], new Dictionary<string, string>()).Values, Is.Not.Null);
        Assert.That(
            Refusal([], option, longest + ",1025"),
            Does.StartWith($"monitor-agent: {option} is '1,2,3").And.Contain("expected at most 1024 values"));
    }

    [Test]
    public void Programs_Empty_AreRefused() =>
        Assert.That(Refusal([], "--programs", ""), Does.StartWith("monitor-agent: --programs is '': expected at least one program."));

    private static string Refusal(Dictionary<string, string> variables, params string[] arguments)
    {
        var outcome = AgentSettings.Schema.Read(arguments, variables);
        Assert.That((outcome.Values, outcome.ExitCode), Is.EqualTo(((SettingValues?)null, 2)));
        return outcome.Text;
    }
}
