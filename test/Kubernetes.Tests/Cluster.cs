namespace Kubernetes.Tests;

/// <summary>
/// The cluster of test/kubernetes/cluster.sh, which all tests share: started before the first, stopped after the last, or
/// when this process ends in any other way.
/// </summary>
[SetUpFixture]
internal sealed class Cluster
{
    public const string Script = "test/kubernetes/cluster.sh";

    private static Dictionary<string, string> _settings = [];

    /// <summary>One of what <c>cluster.sh env</c> prints.</summary>
    public static string Setting(string name) => _settings[name];

    /// <summary>For programs that speak to the cluster: KUBECONFIG, KUBECTL, HELM and the rest.</summary>
    public static Dictionary<string, string> Environment => new(_settings);

    public static Task<Finished> HelmAsync(params string[] arguments) => Shell.RunAsync(Environment, Setting("HELM"), arguments);

    public static Task<Finished> KubectlAsync(params string[] arguments) => Shell.RunAsync(Environment, Setting("KUBECTL"), arguments);

    [OneTimeSetUp]
    public static async Task StartAsync()
    {
        if (!System.Environment.IsPrivilegedProcess)
        {
            const string Missing = "A node needs root.";
            if (System.Environment.GetEnvironmentVariable("CI_KERNEL_REQUIRED") == "1")
            {
                Assert.Fail(Missing);
            }

            Assert.Ignore(Missing);
        }

        (await Shell.RunAsync(Script, "start", $"{System.Environment.ProcessId}")).Succeeded();
        _settings = Parse((await Shell.RunAsync(Script, "env")).Succeeded());
    }

    [OneTimeTearDown]
    public static async Task StopAsync()
    {
        if (_settings.Count > 0)
        {
            (await Shell.RunAsync(Script, "stop")).Succeeded();
        }
    }

    public static Dictionary<string, string> Parse(string lines) =>
        lines.Split('\n').Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
}
