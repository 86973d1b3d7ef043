using System.Text.Json;
using Monitor.Agent.Tests.Kernel;

namespace Kubernetes.Tests;

/// <summary>The published programs with the chart's service accounts, each time without one of their rights.</summary>
[RequiresKernel]
internal sealed class MissingRightTests
{
    private const string Namespace = "missing-right-test";

    [OneTimeSetUp]
    public async Task InstallAsync() => (await Cluster.HelmAsync(
        // Nothing runs: no agent has a node, and the aggregator no replica.
        "install", "monitor", ChartTests.Chart, "--namespace", Namespace, "--create-namespace",
        "--set", "fullnameOverride=rights,agent.nodeSelector.none=any,aggregator.replicas=0")).Succeeded();

    [OneTimeTearDown]
    public async Task UninstallAsync()
    {
        await Cluster.HelmAsync("uninstall", "monitor", "--namespace", Namespace);
        await Cluster.KubectlAsync("delete", "namespace", Namespace);
    }

    /// <summary>None of the rights can go: the program says which one it misses, and goes on as soon as it has it.</summary>
    [TestCase("agent", "list", "pods")]
    [TestCase("agent", "watch", "pods")]
    [TestCase("aggregator", "list", "pods")]
    [TestCase("aggregator", "watch", "pods")]
    [TestCase("aggregator", "list", "services")]
    [TestCase("aggregator", "watch", "services")]
    [TestCase("aggregator", "list", "nodes")]
    [TestCase("aggregator", "watch", "nodes")]
    public async Task Program_WithoutOneOfItsRights_SaysWhich(string component, string verb, string resource)
    {
        string[] resources = component == "agent" ? ["pods"] : ["pods", "services", "nodes"];
        await SetRulesAsync("clusterrole", component, resources.SelectMany(of => Rules("", of, of == resource ? verb : null)));
        try
        {
            using var program = await StartAsync(component);

            await Waiting.ForAsync("the missing right", program.ReportAsync, report => report.Contains(
                $"{Namespace}/rights-{component} needs the verb `{verb}` on `{resource}`", StringComparison.Ordinal));
            await SetRulesAsync("clusterrole", component, resources.SelectMany(of => Rules("", of, null)));
            await Waiting.ForAsync("a watch that works", program.ReportAsync, report =>
                report.Contains($"\"kubernetes/{resource}\",\"status\":\"healthy\"", StringComparison.Ordinal));
        }
        finally
        {
            await SetRulesAsync("clusterrole", component, resources.SelectMany(of => Rules("", of, null)));
        }
    }

    [TestCase("list")]
    [TestCase("watch")]
    public async Task Aggregator_WithoutEndpointSlices_SaysWhichVerb(string verb)
    {
        const string Group = "discovery.k8s.io";
        const string Slices = "endpointslices";
        await SetRulesAsync("role", "aggregator", Rules(Group, Slices, verb));
        try
        {
            using var program = await StartAsync("aggregator");

            await Waiting.ForAsync("the missing right", program.ReportAsync, report =>
                report.Contains($"needs the verb `{verb}` on `{Slices}", StringComparison.Ordinal));
        }
        finally
        {
            await SetRulesAsync("role", "aggregator", Rules(Group, Slices, null));
        }
    }

    [TestCase("authentication.k8s.io", "tokenreviews")]
    [TestCase("authorization.k8s.io", "subjectaccessreviews")]
    public async Task Aggregator_WithoutAQuestionAboutReaders_SaysWhichAndRefusesThem(string group, string resource)
    {
        (string Group, string Resource)[] questions = [("authentication.k8s.io", "tokenreviews"), ("authorization.k8s.io", "subjectaccessreviews")];
        var others = questions.Where(question => question != (group, resource)).Select(question => Question(question.Group, question.Resource));
        await SetRulesAsync("clusterrole", "aggregator", [.. Watching(), .. others]);
        try
        {
            using var program = await StartAsync("aggregator", "--service-account-readers", "--open", "health");
            var token = (await Cluster.KubectlAsync("-n", Namespace, "create", "token", "rights-aggregator")).Succeeded();

            await Waiting.ForAsync(
                "the missing right",
                async () => $"{await program.StatusAsync("/api/events", token)} {await program.ReportAsync()}",
                report => report.StartsWith("ServiceUnavailable ", StringComparison.Ordinal)
                    && report.Contains($"needs the verb `create` on `{resource}", StringComparison.Ordinal));
            await SetRulesAsync("clusterrole", "aggregator", [.. Watching(), .. questions.Select(question => Question(question.Group, question.Resource))]);
            // The account has no role of a reader: known, and refused for that.
            await Waiting.ForAsync(
                "an answer", () => program.StatusAsync("/api/events", token), status => status == "Forbidden");
        }
        finally
        {
            await SetRulesAsync("clusterrole", "aggregator", Watching());
        }
    }

    private static IEnumerable<object> Watching() => new[] { "pods", "services", "nodes" }.SelectMany(of => Rules("", of, null));

    private static object Question(string group, string resource) =>
        new { apiGroups = new[] { group }, resources = new[] { resource }, verbs = new[] { "create" } };

    private static async Task<PublishedProgram> StartAsync(string component, params string[] more)
    {
        string[] agents = component == "agent" ? [] : ["--agents-service", $"{Namespace}/rights-agent", "--insecure"];
        return new PublishedProgram(
            component, ["--deployment-mode", "kubernetes", "--kubeconfig", await KubeconfigAsync(component), .. agents, .. more]);
    }

    private static IEnumerable<object> Rules(string group, string resource, string? without) =>
        [new { apiGroups = new[] { group }, resources = new[] { resource }, verbs = new[] { "list", "watch" }.Where(verb => verb != without) }];

    private static async Task SetRulesAsync(string kind, string component, IEnumerable<object> rules) =>
        (await Cluster.KubectlAsync(
            "-n", Namespace, "patch", kind, $"rights-{component}", "--type=merge", "-p", JsonSerializer.Serialize(new { rules }))).Succeeded();

    // The administrator's, with the service account's token instead of the certificate.
    private static async Task<string> KubeconfigAsync(string component)
    {
        var file = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"{component}-{Guid.NewGuid():N}.kubeconfig");
        var token = (await Cluster.KubectlAsync("-n", Namespace, "create", "token", $"rights-{component}")).Succeeded();
        File.Copy(Cluster.Setting("KUBECONFIG"), file);
        string[] mine = ["--kubeconfig", file, "config"];
        (await Cluster.KubectlAsync([.. mine, "set-credentials", "account", $"--token={token}"])).Succeeded();
        (await Cluster.KubectlAsync([.. mine, "set-context", "--current", "--user=account"])).Succeeded();
        return file;
    }
}
