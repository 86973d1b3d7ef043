namespace Kubernetes.Tests;

/// <summary>The plain manifests of deploy/kubernetes.</summary>
internal sealed class ManifestTests
{
    [Test]
    public async Task Manifests_AreThoseOfTheChart()
    {
        var check = await Shell.RunAsync(Cluster.Environment, "deploy/kubernetes/generate.sh", "--check");

        Assert.That(check.ExitCode, Is.Zero, check.Error);
    }

    // A dry run creates no namespace, which the other objects then miss.
    [Test]
    public async Task Apply_ToTheServer_IsAcceptedWhole()
    {
        (await Cluster.KubectlAsync("create", "namespace", "network-monitor")).Succeeded();
        try
        {
            var applied = (await Cluster.KubectlAsync("apply", "-k", "deploy/kubernetes/v1.20", "--dry-run=server")).Succeeded();

            var objects = (await Cluster.KubectlAsync("kustomize", "deploy/kubernetes/v1.20")).Succeeded().Split('\n').Count(line => line.StartsWith("kind: ", StringComparison.Ordinal));
            Assert.That(applied.Split('\n'), Has.Length.EqualTo(objects));
            Assert.That(applied.Split('\n'), Has.All.Contains("(server dry run)"));
        }
        finally
        {
            await Cluster.KubectlAsync("delete", "namespace", "network-monitor");
        }
    }

    [Test]
    public async Task Kustomization_ForLaterVersions_DiffersInTheDisruptionBudgetAlone()
    {
        var later = (await Cluster.KubectlAsync("kustomize", "deploy/kubernetes")).Succeeded();
        var older = (await Cluster.KubectlAsync("kustomize", "deploy/kubernetes/v1.20")).Succeeded();

        Assert.That(older, Is.EqualTo(later.Replace("apiVersion: policy/v1\n", "apiVersion: policy/v1beta1\n", StringComparison.Ordinal)));
        Assert.That(older, Is.Not.EqualTo(later));
    }
}
