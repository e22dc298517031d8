"""The change log keeps four indexes of eleven: those of table and object, of persons, of the key, and a small one of time.

Rows come in the order of their moments, so a BRIN index finds a day of them at hardly any cost to an entry.
"""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0001_logs'),
        ('contenttypes', '0002_remove_content_type_name'),
    ]

    operations = [
        migrations.AlterField(
            model_name='logentry',
            name='action',
            field=models.PositiveSmallIntegerField(choices=[(0, 'create'), (1, 'update'), (2, 'delete'), (3, 'access')], verbose_name='action'),
        ),
        migrations.AlterField(
            model_name='logentry',
            name='cid',
            field=models.CharField(blank=True, max_length=255, null=True, verbose_name='Correlation ID'),
        ),
        migrations.AlterField(
            model_name='logentry',
            name='content_type',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contenttypes.contenttype', verbose_name='content type'),
        ),
        migrations.AlterField(
            model_name='logentry',
            name='object_id',
            field=models.BigIntegerField(blank=True, null=True, verbose_name='object id'),
        ),
        migrations.AlterField(
            model_name='logentry',
            name='object_pk',
            field=models.CharField(max_length=255, verbose_name='object pk'),
        ),
        migrations.AlterField(
            model_name='logentry',
            name='timestamp',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='timestamp'),
        ),
        migrations.AddIndex(
            model_name='logentry',
            index=django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['timestamp'], name='audit_logentry_moment'),
        ),
    ]
