using System.Text.Json;

namespace Monitor.Kubernetes.Watching;

/// <summary>What records take from an object's metadata.</summary>
internal struct ObjectMetadata
{
    /// <summary>Longest name of an object (RFC 1123 subdomain).</summary>
    public const int MaxName = 253;

    /// <summary>Longest name of a namespace (RFC 1123 label).</summary>
    public const int MaxNamespace = 63;

    public string? Name;
    public string? Namespace;
    public Guid? Uid;
    public string? ResourceVersion;
    public long? Created;
    public string? TemplateHash;

    // Of a mirror pod, which stands for one that its node runs of a file: what the node calls that.
    public Guid? MirroredUid;

    public string? OwnerKind;
    public string? OwnerName;

    /// <summary>Reads it.</summary>
    /// <param name="reader">At the property's name; left at the end of its value.</param>
    /// <param name="pool">For what repeats.</param>
    public void Read(ref Utf8JsonReader reader, StringPool pool)
    {
        if (!Json.EnterObject(ref reader))
        {
            return;
        }

        while (Json.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("name"u8))
            {
                Name = Json.ReadString(ref reader, MaxName);
            }
            else if (reader.ValueTextEquals("namespace"u8))
            {
                Namespace = Json.ReadString(ref reader, MaxNamespace, pool);
            }
            else if (reader.ValueTextEquals("uid"u8))
            {
                Uid = Guid.TryParse(Json.ReadString(ref reader, 64), out var uid) ? uid : null;
            }
            else if (reader.ValueTextEquals("resourceVersion"u8))
            {
                ResourceVersion = Json.ReadString(ref reader, 128);
            }
            else if (reader.ValueTextEquals("creationTimestamp"u8))
            {
                Created = Json.ReadTime(ref reader);
            }
            else if (reader.ValueTextEquals("labels"u8))
            {
                ReadLabels(ref reader, pool);
            }
            else if (reader.ValueTextEquals("annotations"u8))
            {
                ReadAnnotations(ref reader);
            }
            else if (reader.ValueTextEquals("ownerReferences"u8))
            {
                ReadOwners(ref reader, pool);
            }
            else
            {
                Json.SkipValue(ref reader);
            }
        }
    }

    private void ReadLabels(ref Utf8JsonReader reader, StringPool pool)
    {
        if (!Json.EnterObject(ref reader))
        {
            return;
        }

        while (Json.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("pod-template-hash"u8))
            {
                TemplateHash = Json.ReadString(ref reader, 63, pool);
            }
            else
            {
                Json.SkipValue(ref reader);
            }
        }
    }

    private void ReadAnnotations(ref Utf8JsonReader reader)
    {
        if (!Json.EnterObject(ref reader))
        {
            return;
        }

        while (Json.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("kubernetes.io/config.mirror"u8))
            {
                // A hash. A uid, which has dashes, would be that of another pod.
                MirroredUid = Guid.TryParseExact(Json.ReadString(ref reader, 64), "N", out var hash) ? hash : null;
            }
            else
            {
                Json.SkipValue(ref reader);
            }
        }
    }

    private void ReadOwners(ref Utf8JsonReader reader, StringPool pool)
    {
        if (!Json.EnterArray(ref reader))
        {
            return;
        }

        while (Json.NextObject(ref reader))
        {
            string? kind = null;
            string? name = null;
            var isController = false;
            while (Json.NextProperty(ref reader))
            {
                if (reader.ValueTextEquals("kind"u8))
                {
                    kind = Json.ReadString(ref reader, 63, pool);
                }
                else if (reader.ValueTextEquals("name"u8))
                {
                    name = Json.ReadString(ref reader, MaxName, pool);
                }
                else if (reader.ValueTextEquals("controller"u8))
                {
                    isController = Json.ReadBoolean(ref reader);
                }
                else
                {
                    Json.SkipValue(ref reader);
                }
            }

            if (isController)
            {
                (OwnerKind, OwnerName) = (kind, name);
            }
        }
    }
}
