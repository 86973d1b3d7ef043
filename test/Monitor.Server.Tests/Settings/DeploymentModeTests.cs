using Monitor.Server.Settings;

namespace Monitor.Server.Tests.Settings;

/// <summary>Whether a program uses Kubernetes; the tests do not run in a pod.</summary>
internal sealed class DeploymentModeTests
{
    private static readonly Dictionary<string, string> NoVariables = [];

    private static readonly SettingsSchema Schema = new(
        "monitor-agent", "A test.", "1", [ServerSettings.DeploymentMode, ServerSettings.Kubeconfig], []);

    [TestCase(false)]
    [TestCase(true, "--deployment-mode", "kubernetes")]
    [TestCase(true, "--kubeconfig", "/etc/hosts")]
    [TestCase(true, "--kubeconfig", "/etc/hosts", "--deployment-mode", "auto")]
    [TestCase(false, "--deployment-mode", "vm")]
    [TestCase(false, "--kubeconfig", "/etc/hosts", "--deployment-mode", "vm")]
    public void Mode_DecidesAndElseTheEnvironment(bool expected, params string[] arguments)
    {
        var outcome = Schema.Read(arguments, NoVariables);

        Assert.That(ServerSettings.UsesKubernetes(outcome.Values!), Is.EqualTo(expected));
    }

    [Test]
    public void Mode_ByItsVariable_IsTaken()
    {
        var outcome = Schema.Read([], new Dictionary<string, string> { ["DEPLOYMENT_MODE"] = "kubernetes" });

        Assert.That(ServerSettings.UsesKubernetes(outcome.Values!), Is.True);
    }

    [Test]
    public void Mode_ThatDoesNotExist_IsRefusedWithThoseThatDo()
    {
        var outcome = Schema.Read(["--deployment-mode", "maybe"], NoVariables);
        using var error = new StringWriter();

        Assert.That(outcome.Report(TextWriter.Null, error), Is.EqualTo(2));
        Assert.That(error.ToString(), Does.Contain("maybe").And.Contain("kubernetes").And.Contain("vm"));
    }
}
